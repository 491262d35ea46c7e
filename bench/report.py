"""The rows that benchmarks return, and the table made of them: at the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

HEAD = ("benchmark", "ours", "reference", "ratio", "bar", "verdict")


class Verdict(StrEnum):
    """What a row says about its bar."""

    MET = "met"
    MISSED = "MISSED"
    NO_BAR = ""


@dataclass(frozen=True)
class Bar:
    """A limit: ``at least`` or ``at most``. ``unit`` is empty for a ratio."""

    limit: float
    at_least: bool
    unit: str = ""

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{f' {self.unit}' if self.unit else '×'}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line. ``judged`` is what the bar is about when that is not the ratio."""

    name: str
    ours: str
    reference: str = ""
    ratio: float | None = None
    bar: Bar | None = None
    judged: float | None = None

    @property
    def verdict(self) -> Verdict:
        value = self.ratio if self.judged is None else self.judged
        if self.bar is None or value is None:
            return Verdict.NO_BAR
        return Verdict.MET if self.bar.is_met(value) else Verdict.MISSED

    def cells(self) -> tuple[str, ...]:
        """In the order of ``HEAD``."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        return self.name, self.ours, self.reference, ratio, str(self.bar or ""), self.verdict.value


@dataclass(frozen=True)
class Outcome:
    """What one benchmark found, and in a few sentences how."""

    title: str
    rows: tuple[Row, ...]
    how: str


def at_least(limit: float, unit: str = "") -> Bar:
    """The more the better."""
    return Bar(limit, at_least=True, unit=unit)


def at_most(limit: float, unit: str = "") -> Bar:
    """The less the better."""
    return Bar(limit, at_least=False, unit=unit)


def plain_table(outcomes: Sequence[Outcome]) -> str:
    """Aligned columns for a terminal, titles in between."""
    lines = [HEAD, *(row.cells() for outcome in outcomes for row in outcome.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]

    def aligned(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

    text = [aligned(HEAD)]
    for outcome in outcomes:
        text += ["", outcome.title, *(aligned(row.cells()) for row in outcome.rows)]
    return "\n".join(text)


def markdown(outcomes: Sequence[Outcome], *, machine: Sequence[tuple[str, str]]) -> str:
    """The whole report, with what it ran on and how each figure came about."""
    lines = ["# Benchmarks", "", "Made by `make bench`, which overwrites this file. Every bar is a ratio of two sides measured in turns"]
    lines += ["within one run, unless it names a unit; figures are medians unless they say otherwise.", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in machine]
    for outcome in outcomes:
        lines += ["", f"## {outcome.title}", "", f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
        lines += [f"| {' | '.join(cell or ' ' for cell in row.cells())} |" for row in outcome.rows]
        lines += ["", outcome.how]
    return "\n".join(lines) + "\n"
