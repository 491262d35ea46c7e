"""Proves that the ledger adds up: what must hold for every account, lot, hold and entry. Reads only.

All rules are one statement, so that they see one moment even while others write.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.db import Row, Tx


def check(tx: Tx) -> tuple[str, ...]:
    """One sentence for each violation, at most 1,000; empty when the ledger adds up."""
    return _sentences(tx.execute(_RULES).all()) + _unguarded(tx.execute(_TRIGGERS_POSTGRESQL if tx.lock else _TRIGGERS_SQLITE).all())


async def check_session(session: AsyncSession) -> tuple[str, ...]:
    """The same as ``check``, on a read-only session: it does not hold up the writer."""
    connection = await session.connection()
    triggers = _TRIGGERS_SQLITE if connection.dialect.name == "sqlite" else _TRIGGERS_POSTGRESQL
    violations = (await connection.execute(text(_RULES))).all()
    guards = (await connection.execute(text(triggers))).all()
    return _sentences(row._asdict() for row in violations) + _unguarded(row._asdict() for row in guards)


def _sentences(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(f"{row['rule']}: {row['subject']} has {row['found']}, expected {row['expected']}" for row in rows)


def _unguarded(rows: Iterable[Row]) -> tuple[str, ...]:
    missing = _GUARDED - {event for row in rows for event in ("UPDATE", "DELETE") if event in row["definition"].upper()}
    return tuple(f"entries are append-only: no trigger refuses {event}" for event in sorted(missing))


_GUARDED = frozenset({"UPDATE", "DELETE"})
_TRIGGERS_SQLITE = "SELECT sql AS definition FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'credit_entry'"
_TRIGGERS_POSTGRESQL = (
    "SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger"
    " WHERE tgrelid = 'credit_entry'::regclass AND NOT tgisinternal AND tgenabled <> 'D'"
)

_LOT_ENTRIES = """
    SELECT lot.id, lot.owner_id, lot.granted, lot.remaining, lot.clawed_back,
        coalesce(sum(entry.amount), 0) AS total,
        coalesce(sum(CASE WHEN entry.kind = 'grant' THEN entry.amount END), 0) AS granted_entries,
        coalesce(sum(CASE WHEN entry.kind = 'clawback' THEN -entry.amount END), 0) AS clawed_back_entries
    FROM credit_lot AS lot LEFT JOIN credit_entry AS entry ON entry.lot_id = lot.id
    GROUP BY lot.id, lot.owner_id, lot.granted, lot.remaining, lot.clawed_back
"""
_LOTS_OF_OWNER = """
    SELECT owner_id, sum(remaining) AS remaining, sum(remaining - held) AS free, sum(held) AS held FROM credit_lot GROUP BY owner_id
"""
_ENTRIES_OF_OWNER = """
    SELECT owner_id, sum(amount) AS total, sum(CASE WHEN kind = 'repay' THEN amount ELSE 0 END) AS repaid,
        sum(CASE WHEN lot_id IS NULL THEN -amount ELSE 0 END) AS debt
    FROM credit_entry GROUP BY owner_id
"""
_ALLOCATIONS_OF_LOT = """
    SELECT share.lot_id, sum(share.amount) AS amount
    FROM credit_hold_allocation AS share JOIN credit_hold AS hold ON hold.id = share.hold_id AND hold.status = 'open' GROUP BY share.lot_id
"""
_DEBT_OF_LOT = """
    SELECT substr(operation_key, 10, 32) AS lot_id, -sum(amount) AS amount FROM credit_entry WHERE kind = 'debt' GROUP BY 1
"""
# Each allocation of a hold with what it must have spent, given what the hold captured.
_SHARES = """
    SELECT share.hold_id, share.lot_id, share.taken_before, hold.owner_id, hold.created_at,
        sum(share.amount) OVER (
            PARTITION BY share.hold_id ORDER BY share.taken_before ROWS UNBOUNDED PRECEDING
        ) - share.amount AS given_before,
        CASE WHEN share.taken_before >= hold.captured THEN 0
            WHEN share.taken_before + share.amount <= hold.captured THEN share.amount
            ELSE hold.captured - share.taken_before END AS must_spend
    FROM credit_hold_allocation AS share JOIN credit_hold AS hold ON hold.id = share.hold_id
"""


def _rule(name: str, *, subject: str, found: str, expected: str, source: str, broken: str = "") -> str:
    quoted = name.replace("'", "''")
    return (
        f"SELECT '{quoted}' AS rule, CAST({subject} AS TEXT) AS subject,"
        f" CAST({found} AS TEXT) AS found, CAST({expected} AS TEXT) AS expected"
        f" FROM {source} WHERE {broken or f'{found} <> {expected}'}"
    )


_RULES = (
    "WITH "
    + ", ".join(
        f"{name} AS ({query})"
        for name, query in {
            "lot_entries": _LOT_ENTRIES,
            "owner_lots": _LOTS_OF_OWNER,
            "owner_entries": _ENTRIES_OF_OWNER,
            "lot_allocations": _ALLOCATIONS_OF_LOT,
            "lot_debt": _DEBT_OF_LOT,
            "shares": _SHARES,
        }.items()
    )
    + " SELECT * FROM ("
    + " UNION ALL ".join(
        [
            _rule("a lot is the sum of its entries", subject="id", found="remaining", expected="total", source="lot_entries"),
            _rule("a lot is granted once", subject="id", found="granted_entries", expected="granted", source="lot_entries"),
            _rule(
                "a lot keeps its bounds",
                subject="id",
                found="held || ' held of ' || remaining || ' of ' || granted",
                expected="'0 <= held <= remaining <= granted'",
                source="credit_lot",
                broken="NOT (0 <= held AND held <= remaining AND remaining <= granted)",
            ),
            _rule(
                "a lot holds what open holds were given",
                subject="lot.id",
                found="lot.held",
                expected="coalesce(a.amount, 0)",
                source="credit_lot AS lot LEFT JOIN lot_allocations AS a ON a.lot_id = lot.id",
            ),
            _rule(
                "what was clawed back is in the journal",
                subject="lot.id",
                found="lot.clawed_back",
                expected="(lot.clawed_back_entries + coalesce(d.amount, 0))",
                source="lot_entries AS lot LEFT JOIN lot_debt AS d ON d.lot_id = lot.id",
            ),
            _rule(
                "credits are conserved",
                subject="account.owner_id",
                found="(coalesce(l.remaining, 0) - account.debt)",
                expected="coalesce(e.total, 0)",
                source="credit_account AS account LEFT JOIN owner_lots AS l ON l.owner_id = account.owner_id"
                " LEFT JOIN owner_entries AS e ON e.owner_id = account.owner_id",
            ),
            _rule("repayments net to zero", subject="owner_id", found="repaid", expected="0", source="owner_entries"),
            _rule(
                "debt is in the journal",
                subject="account.owner_id",
                found="account.debt",
                expected="coalesce(e.debt, 0)",
                source="credit_account AS account LEFT JOIN owner_entries AS e ON e.owner_id = account.owner_id",
            ),
            _rule(
                "an account's available credits are those free in its lots",
                subject="account.owner_id",
                found="account.available",
                expected="coalesce(l.free, 0)",
                source="credit_account AS account LEFT JOIN owner_lots AS l ON l.owner_id = account.owner_id",
            ),
            _rule(
                "an account's held credits are those of its open holds",
                subject="account.owner_id",
                found="account.held",
                expected="coalesce(h.amount, 0)",
                source="credit_account AS account LEFT JOIN (SELECT owner_id, sum(amount) AS amount FROM credit_hold"
                " WHERE status = 'open' GROUP BY owner_id) AS h ON h.owner_id = account.owner_id",
            ),
            _rule(
                "every lot and entry has an account",
                subject="e.owner_id",
                found="'none'",
                expected="'one'",
                source="(SELECT owner_id FROM owner_entries UNION SELECT owner_id FROM owner_lots) AS e"
                " LEFT JOIN credit_account AS account ON account.owner_id = e.owner_id",
                broken="account.owner_id IS NULL",
            ),
            _rule(
                "a hold is the sum of its allocations",
                subject="hold.id",
                found="hold.amount",
                expected="coalesce(a.amount, 0)",
                source="credit_hold AS hold LEFT JOIN (SELECT hold_id, sum(amount) AS amount FROM credit_hold_allocation GROUP BY hold_id)"
                " AS a ON a.hold_id = hold.id",
            ),
            _rule(
                "a hold captured what was spent for it",
                subject="hold.id",
                found="hold.captured",
                expected="coalesce(e.amount, 0)",
                source="credit_hold AS hold LEFT JOIN (SELECT hold_id, -sum(amount) AS amount FROM credit_entry WHERE kind = 'spend'"
                " GROUP BY hold_id) AS e ON e.hold_id = hold.id",
            ),
            _rule(
                "only a capture spends",
                subject="id",
                found="captured",
                expected="0",
                source="credit_hold",
                broken="captured <> 0 AND status <> 'captured'",
            ),
            _rule(
                "allocations follow each other",
                subject="hold_id || ' from ' || lot_id",
                found="taken_before",
                expected="given_before",
                source="shares",
            ),
            _rule(
                "a capture spends in the recorded order",
                subject="s.hold_id || ' from ' || s.lot_id",
                found="coalesce(-e.amount, 0)",
                expected="s.must_spend",
                source="shares AS s LEFT JOIN credit_entry AS e ON e.hold_id = s.hold_id AND e.lot_id = s.lot_id AND e.kind = 'spend'",
            ),
            _rule(
                "a hold takes from its owner's lots while they are valid",
                subject="s.hold_id || ' from ' || lot.id",
                found="s.created_at",
                expected="lot.effective_at || ' to ' || coalesce(CAST(lot.expires_at AS TEXT), 'ever')",
                source="shares AS s JOIN credit_lot AS lot ON lot.id = s.lot_id",
                broken="s.owner_id <> lot.owner_id OR s.created_at < lot.effective_at OR s.created_at >= lot.expires_at",
            ),
            _rule(
                "an entry has the sign of its kind",
                subject="id",
                found="amount",
                expected="kind",
                source="credit_entry",
                broken="(kind = 'grant' AND amount < 0) OR (kind IN ('spend', 'expire', 'clawback', 'debt', 'adjust') AND amount > 0)",
            ),
        ]
    )
    + ") AS violation LIMIT 1000"
)
