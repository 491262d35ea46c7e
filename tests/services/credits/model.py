"""The ledger as a few lines of plain Python: what the state machine compares the tables with."""

from __future__ import annotations

from dataclasses import dataclass, field


class Short(Exception):
    """The free credits of the usable lots are not enough."""


@dataclass
class Lot:
    """One grant. Times are hours."""

    key: str
    priority: int
    granted: int
    remaining: int
    effective: int
    expires: int | None
    held: int = 0
    clawed_back: int = 0
    expired: int = 0

    @property
    def free(self) -> int:
        return self.remaining - self.held

    def is_usable(self, now: int) -> bool:
        return self.free > 0 and self.effective <= now and (self.expires is None or self.expires > now)


@dataclass
class Hold:
    """Credits set aside, with the share of each lot in burn order."""

    amount: int
    expires: int
    shares: list[tuple[Lot, int]]
    status: str = "open"
    captured: int = 0


@dataclass
class Owner:
    """One person's lots, holds and debt, by the rules as they are written down, one credit after the other."""

    lots: list[Lot] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)
    corrections: set[str] = field(default_factory=set)
    refunds: set[tuple[str, str]] = field(default_factory=set)
    debt: int = 0

    def figures(self) -> tuple[int, int, int, list[tuple[int, int]]]:
        """Available, held, debt and the lots, as the tables should show them."""
        held = sum(hold.amount for hold in self.holds.values() if hold.status == "open")
        return sum(lot.free for lot in self.lots), held, self.debt, [(lot.remaining, lot.held) for lot in self.lots]

    def grant(self, lot: Lot) -> int:
        for known in self.lots:
            if known.key == lot.key:
                return 0
        repaid = min(self.debt, lot.granted)
        self.debt -= repaid
        lot.remaining -= repaid
        self.lots.append(lot)
        return repaid

    def burn(self, amount: int, now: int) -> list[tuple[Lot, int]]:
        """Brute force: one credit at a time from the best lot."""
        usable = [lot for lot in self.lots if lot.is_usable(now)]
        if sum(lot.free for lot in usable) < amount:
            raise Short
        shares: dict[str, int] = {}
        for _ in range(amount):
            open_lots = [lot for lot in usable if lot.free > shares.get(lot.key, 0)]
            best = min(open_lots, key=lambda lot: (lot.priority, lot.expires is None, lot.expires, self.lots.index(lot)))
            shares[best.key] = shares.get(best.key, 0) + 1
        return [(next(lot for lot in usable if lot.key == key), share) for key, share in shares.items()]

    def place(self, key: str, amount: int, now: int, expires: int) -> Hold:
        if key not in self.holds:
            shares = self.burn(amount, now)
            for lot, share in shares:
                lot.held += share
            self.holds[key] = Hold(amount, expires, shares)
        return self.holds[key]

    def resolve(self, key: str, status: str, captured: int) -> Hold:
        hold = self.holds[key]
        if hold.status != "open":
            return hold
        hold.status, hold.captured = status, captured
        for lot, share in hold.shares:
            spent = min(share, captured)
            captured -= spent
            lot.held -= share
            lot.remaining -= spent
        return hold

    def expire_lots(self, now: int) -> bool:
        due = [lot for lot in self.lots if lot.free and lot.expires is not None and lot.expires <= now]
        for lot in due:
            lot.expired += lot.free
            lot.remaining = lot.held
        return bool(due)

    def claw_back(self, lot: Lot, cumulative: int, operation: str) -> tuple[int, int]:
        due = min(cumulative, lot.granted - lot.expired) - lot.clawed_back
        if due <= 0 or (lot.key, operation) in self.refunds:
            return 0, 0
        self.refunds.add((lot.key, operation))
        taken = min(due, lot.free)
        lot.clawed_back += due
        lot.remaining -= taken
        self.debt += due - taken
        return taken, due - taken

    def adjust(self, operation: str, amount: int, now: int) -> None:
        if operation in self.corrections:
            return
        if amount > 0:
            self.grant(Lot(f"adjust:{operation}", 20, amount, amount, now, None))
        else:
            for lot, share in self.burn(-amount, now):
                lot.remaining -= share
        self.corrections.add(operation)
