"""The tree drawn in nyx/errors.py is the one that the code has."""

from __future__ import annotations

import ast
import re

import pytest

import nyx.errors
from nyx.errors import NyxError
from tests.support.source import dotted, modules

_LINE = re.compile(r"^(?P<indent>[ |`-]*)(?P<name>[A-Z]\w+)(?:\s+(?P<status>\d{3}))?\s")


def drawn() -> dict[str, tuple[str | None, int | None]]:
    """Name to (parent, status) as the docstring draws it."""
    tree: dict[str, tuple[str | None, int | None]] = {}
    parents: list[tuple[int, str]] = []
    for line in (nyx.errors.__doc__ or "").splitlines()[2:]:
        if match := _LINE.match(line):
            depth = len(match["indent"])
            while parents and parents[-1][0] >= depth:
                parents.pop()
            status = int(match["status"]) if match["status"] else None
            tree[match["name"]] = (parents[-1][1] if parents else None, status)
            parents.append((depth, match["name"]))
    return tree


def real() -> dict[str, type[NyxError]]:
    """Every error class of the module."""
    return {name: kind for name, kind in vars(nyx.errors).items() if isinstance(kind, type) and issubclass(kind, NyxError)}


class TestTree:
    def test_names_every_class_and_no_other(self) -> None:
        assert drawn().keys() == real().keys()

    @pytest.mark.parametrize("name", sorted(real()))
    def test_draws_each_class_below_its_base_with_its_status(self, name: str) -> None:
        parent, status = drawn()[name]
        kind = real()[name]

        assert parent == (kind.__bases__[0].__name__ if kind is not NyxError else None)
        assert status in (None, kind.http_status)

    def test_codes_are_unique(self) -> None:
        codes = [kind.code for kind in real().values()]

        assert len(codes) == len(set(codes))


class TestHandling:
    def test_nothing_swallows_every_error_in_silence(self) -> None:
        offenders = [
            module.at(handler)
            for module in modules()
            for handler in ast.walk(module.tree)
            if isinstance(handler, ast.ExceptHandler) and _catches_all(handler) and _does_nothing(handler)
        ]

        assert offenders == []


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or dotted(handler.type) in ("Exception", "BaseException")


def _does_nothing(handler: ast.ExceptHandler) -> bool:
    return all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
