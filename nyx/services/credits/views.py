"""What the screens see of the ledger; frozen, in whole credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nyx.models.credits import EntryKind, LotSource


@dataclass(frozen=True)
class LotView:
    """What is left of one grant, ``held`` of it set aside; ``expires_at`` is None when it stays for ever."""

    remaining: int
    held: int
    source: LotSource
    expires_at: datetime | None


@dataclass(frozen=True)
class CreditSummary:
    """A person's balance now: ``available`` can be spent, ``held`` is set aside for open generations, ``posted`` is both.

    ``lots`` are those that still have credits, in the order in which they will be used.
    """

    available: int
    held: int
    debt: int
    posted: int
    lots: tuple[LotView, ...]


@dataclass(frozen=True)
class EntryView:
    """One line of the history. ``source`` is the kind of lot it changed, None for the debt."""

    id: int
    kind: EntryKind
    amount: int
    source: LotSource | None
    reason: str
    created_at: datetime
