"""Screens do not know each other: what two of them share is in nyx/pages/_*.py or in the theme."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.source import Module, modules

_PAGES = "nyx.pages."


def screen_of(dotted_name: str) -> str | None:
    """``studio`` for ``nyx.pages.studio.page``; None for what is no screen or is shared by them."""
    if not dotted_name.startswith(_PAGES):
        return None
    first = dotted_name.removeprefix(_PAGES).split(".")[0]
    return None if first.startswith("_") else first


def imported(module: Module) -> Iterator[str]:
    """The dotted names that a file imports."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def foreign_screens(module: Module) -> list[str]:
    """Screens other than its own that a file of a screen imports."""
    own = screen_of(module.name.removesuffix(".py").replace("/", "."))
    if own in (None, "__init__"):
        return []
    return [name for name in imported(module) if screen_of(name) not in (None, own)]


class TestScreens:
    def test_do_not_import_each_other(self) -> None:
        assert {module.name: found for module in modules("nyx/pages") if (found := foreign_screens(module))} == {}

    def test_the_rule_sees_a_neighbour(self) -> None:
        studio = Module("nyx/pages/studio/page.py", "from nyx.pages.gallery import cards\nfrom nyx.pages._feedback import feedback\n")

        assert foreign_screens(studio) == ["nyx.pages.gallery.cards"]
