"""Files and functions stay short enough to be read, and nothing in the repository depends on one machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source import ROOT, Module, modules, tracked_files

LONGEST_FILE_LINES = 400
LONGEST_FUNCTION_LINES = 59
MOST_PARAMETERS = 5

_MACHINE = re.compile(r"(?<![\w.:/-])(?:/work/|/root/|/home/\w+/|/opt/|/tmp/\w)|\bfile:///(?:opt|work|root|home)\b")
_REGISTRIES = re.compile(
    r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|(?<!emit-)index-url|unpkg\.com|jsdelivr\.net|googleapis\.com)\b"
)
_TEXT = {".py", ".md", ".toml", ".lock", ".sh", ".css", ".js", ".html", ".yaml", ".yml", ".json", ".svg", ".example", ".mako", ""}
_THIS_RULE = "tests/architecture/test_shape.py"


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of the file, also inner ones and methods."""
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


class TestSize:
    def test_no_file_is_too_long(self) -> None:
        assert [(module.name, lines) for module in modules() if (lines := module.text.count("\n")) > LONGEST_FILE_LINES] == []

    def test_no_function_is_too_long(self) -> None:
        offenders = [
            (module.at(node), lines)
            for module in modules()
            for node in functions(module)
            if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION_LINES
        ]

        assert offenders == []

    def test_many_parameters_are_given_by_name(self) -> None:
        offenders = [module.at(node) for module in modules() for node in functions(module) if _positional(node) > MOST_PARAMETERS]

        assert offenders == []


class TestWords:
    def test_every_module_says_what_is_in_it(self) -> None:
        silent = [module.name for module in modules() if module.text.strip() and not ast.get_docstring(module.tree)]

        assert silent == []

    def test_nothing_is_left_for_later(self) -> None:
        later = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(?! \(#\d+\))|coming soon|lorem ipsum", re.IGNORECASE)

        assert [f"{module.name}:{number}" for module in modules() for number, line in _lines(module.text) if later.search(line)] == []


class TestRepository:
    @pytest.mark.parametrize("pattern", [_MACHINE, _REGISTRIES], ids=["paths of one machine", "package registries"])
    def test_tracked_files_do_not_mention(self, pattern: re.Pattern[str]) -> None:
        offenders = [
            f"{name}:{number}: {line.strip()[:100]}"
            for path in tracked_files()
            if (name := str(path.relative_to(ROOT))) != _THIS_RULE and path.suffix in _TEXT
            for number, line in _lines(path.read_text(encoding="utf-8", errors="ignore"))
            if pattern.search(line)
        ]

        assert offenders == []

    def test_no_file_is_huge(self) -> None:
        assert [path.name for path in tracked_files() if path.stat().st_size > 2_000_000] == []


def _positional(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    named = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    return len([name for name in named if name not in ("self", "cls")])


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.splitlines(), 1)
