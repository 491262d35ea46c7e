"""Only the door to the database ends transactions, and balances move only by guarded UPDATE."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import Module, dotted, modules

_ENDS_A_TRANSACTION = {"commit", "rollback", "begin", "begin_nested"}
_LEDGER_FIGURES = {"available", "held", "debt", "remaining", "captured", "granted"}


def endings(module: Module) -> list[str]:
    """Calls that begin or end a transaction. A storage's ``commit`` is about a file."""
    return [
        module.at(call)
        for call in module.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in _ENDS_A_TRANSACTION
        and not dotted(call.func.value).lower().endswith("storage")
    ]


def figure_writes(module: Module) -> list[str]:
    """Assignments to a figure of the ledger on an object: a read-modify-write that another one can overtake."""
    found = []
    for node in ast.walk(module.tree):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        found += [module.at(node) for target in targets if isinstance(target, ast.Attribute) and target.attr in _LEDGER_FIGURES]
    return found


class TestTheDoor:
    def test_only_nyx_db_begins_and_ends_transactions(self) -> None:
        others = (module for module in modules() if not module.name.startswith(("nyx/db/", "nyx/migrations/")))

        assert [place for module in others for place in endings(module)] == []

    def test_the_rule_sees_a_commit(self) -> None:
        assert endings(Module("x.py", "async def f(session):\n    await session.commit()\n")) == ["x.py:2"]

    def test_operations_are_plain_functions(self) -> None:
        offenders = [
            module.at(node)
            for module in modules()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.AsyncFunctionDef) and any(_is_tx(argument) for argument in node.args.args)
        ]

        assert offenders == []


class TestFigures:
    def test_no_object_carries_a_balance_that_is_changed_in_python(self) -> None:
        packages = ("nyx/services/", "nyx/api/")

        assert [place for module in modules() if module.name.startswith(packages) for place in figure_writes(module)] == []

    @pytest.mark.parametrize("line", ["account.available -= 4", "lot.remaining = lot.remaining - 4"])
    def test_the_rule_sees_arithmetic_on_a_row(self, line: str) -> None:
        assert figure_writes(Module("x.py", line)) == ["x.py:1"]


def _is_tx(argument: ast.arg) -> bool:
    return argument.annotation is not None and dotted(argument.annotation).split(".")[-1] == "Tx"
