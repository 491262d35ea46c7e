"""Text from people can't become markup, and colours come from the theme."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.source import ROOT, Module, modules, tracked_files

# These take markup, styles or script. User text goes through constructors and ``props["name"] = value`` instead.
_SINKS = {"props", "style", "html", "add_head_html", "add_body_html", "add_css", "run_javascript", "run_method"}
_HEX = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")
_SCREENS = ("nyx/pages/", "nyx/theme/")


def woven_markup(module: Module) -> list[str]:
    """Sinks that are given a string with something woven in. The theme may join pieces of markup that it escaped itself."""
    weaving = (ast.Mod,) if module.name.startswith("nyx/theme/") else (ast.Mod, ast.Add)
    found = []
    for call in module.calls():
        name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
        if name in _SINKS and any(_is_woven(argument, weaving) for argument in call.args):
            found.append(module.at(call))
    return found


class TestMarkup:
    def test_nothing_is_woven_into_markup_styles_or_script(self) -> None:
        assert [place for module in modules() if module.name.startswith(_SCREENS) for place in woven_markup(module)] == []

    @pytest.mark.parametrize(
        "line",
        [
            "ui.input().props(f'label={name}')",
            "ui.html('<b>' + name)",
            "ui.run_javascript('go(%s)' % name)",
            "ui.add_head_html('<title>{}</title>'.format(name))",
        ],
    )
    def test_the_rule_sees_every_way_of_weaving(self, line: str) -> None:
        assert woven_markup(Module("x.py", line)) == ["x.py:1"]

    @pytest.mark.parametrize("line", ["ui.input().props('outlined dense')", "box.props['label'] = name", "ui.label(f'Hello {name}')"])
    def test_the_rule_lets_safe_lines_pass(self, line: str) -> None:
        assert woven_markup(Module("x.py", line)) == []


class TestColours:
    def test_screens_take_their_colours_from_the_theme(self) -> None:
        offenders = [
            f"{module.name}:{number}"
            for module in modules()
            if module.name.startswith("nyx/pages/")
            for number, line in enumerate(module.text.splitlines(), 1)
            if _HEX.search(line)
        ]

        assert offenders == []

    def test_style_sheets_use_tokens(self) -> None:
        """A raw colour may only define a token (``--nyx-name: #123456``)."""
        offenders = [
            f"{path.relative_to(ROOT)}:{number}"
            for path in tracked_files()
            if path.suffix == ".css"
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if _HEX.search(re.sub(r"--nyx-[\w-]+\s*:[^;]*;?", "", line))
        ]

        assert offenders == []


def _is_woven(argument: ast.expr, weaving: tuple[type[ast.operator], ...]) -> bool:
    match argument:
        case ast.JoinedStr(values=values):
            return any(isinstance(value, ast.FormattedValue) for value in values)
        case ast.BinOp(op=operator) if isinstance(operator, weaving):
            return not all(isinstance(node, ast.Constant | ast.BinOp | ast.operator) for node in ast.walk(argument))
        case ast.Call(func=ast.Attribute(attr="format")):
            return True
        case _:
            return False
