"""The nightly comparison of the catalogue with what the provider lists. A broken list changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import Clock, from_micros
from nyx.db import Database, Tx
from nyx.errors import NyxError
from nyx.models import ProviderListing
from nyx.services.catalog.spec import ModelSpec, load_shipped

log = logging.getLogger(__name__)

ListModels = Callable[[], Awaitable[Sequence[tuple[str, str]]]]
"""The provider's list of today as pairs of model id and type."""

# Missing at two looks, a night apart: one look may have met a bad moment, and a restart is not a night.
GONE_AFTER = timedelta(hours=20)
_FEWEST = 0.5  # of the models that we know: a list with fewer of them is broken, not the truth
_MEDIA = frozenset({"image", "video"})
_LONGEST_ID = 200


@dataclass(frozen=True)
class ListingReport:
    """Ids at the provider: ``missing`` are ours that it does not list, ``gone`` those of them that stayed away, ``new`` are not ours."""

    checked_at: datetime | None
    missing: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]


class Comparison:
    """``is_live`` as for CatalogService: of a live provider only what was shipped as listed is expected."""

    def __init__(self, db: Database, clock: Clock, *, list_models: ListModels, is_live: bool) -> None:
        self._db = db
        self._clock = clock
        self._list_models = list_models
        self._expected = expected_ids(load_shipped(), is_live=is_live)

    async def run(self) -> ListingReport | None:
        """Look once and store what was found. None when the provider could not be asked, or its list can't be true. Safe to repeat."""
        try:
            listed = dict(await self._list_models())
        except NyxError as error:
            log.warning("The provider's list of models could not be had", extra={"problem": str(error)})
            return None
        found = len(self._expected & listed.keys())
        if found < _FEWEST * len(self._expected):
            log.warning(
                "The provider's list of models can't be right",
                extra={"listed": len(listed), "expected": len(self._expected), "found": found},
            )
            return None
        ours = {spec.provider_model_id for spec in load_shipped()}
        kept = {name: kind for name, kind in listed.items() if (kind in _MEDIA or name in ours) and len(name) <= _LONGEST_ID}
        await self._db.write(record, listed=kept, expected=self._expected, now=self._clock.now())
        async with self._db.read() as session:
            report = await read_report(session)
        _tell(report)
        return report


def expected_ids(specs: Sequence[ModelSpec], *, is_live: bool) -> frozenset[str]:
    """What the provider's list should hold: of a live one what was listed when the catalogue was made, of the sandbox everything."""
    return frozenset(spec.provider_model_id for spec in specs if not is_live or spec.together_state == "listed")


def record(tx: Tx, *, listed: Mapping[str, str], expected: frozenset[str], now: datetime) -> None:
    """Store one look at the list: what is there, what is missing since when; what is neither ours nor there is forgotten."""
    for name in sorted(listed):
        tx.execute(_LISTED, id=name, kind=listed[name], now=now)
    for name in sorted(expected - listed.keys()):
        tx.execute(_MISSING, id=name, now=now)
    tx.execute("DELETE FROM provider_listing WHERE checked_at < :now", now=now)


def is_gone(*, missing_since: datetime | None, checked_at: datetime) -> bool:
    """True when the model was missing at looks a night apart."""
    return missing_since is not None and checked_at - missing_since >= GONE_AFTER


def read_gone(tx: Tx) -> frozenset[str]:
    """Ids of the models that the provider has taken off its list for good, as far as we can tell."""
    missing = tx.execute("SELECT provider_model_id, missing_since, checked_at FROM provider_listing WHERE missing_since IS NOT NULL").all()
    return frozenset(
        row["provider_model_id"]
        for row in missing
        if is_gone(missing_since=from_micros(row["missing_since"]), checked_at=from_micros(row["checked_at"]))
    )


async def read_report(session: AsyncSession) -> ListingReport:
    """What the last look found."""
    rows = (await session.exec(select(ProviderListing).order_by(col(ProviderListing.provider_model_id)))).all()
    ours = {spec.provider_model_id for spec in load_shipped()}
    return ListingReport(
        checked_at=max((row.checked_at for row in rows), default=None),
        missing=tuple(row.provider_model_id for row in rows if row.missing_since is not None),
        gone=tuple(row.provider_model_id for row in rows if is_gone(missing_since=row.missing_since, checked_at=row.checked_at)),
        new=tuple(row.provider_model_id for row in rows if row.provider_model_id not in ours),
    )


def _tell(report: ListingReport) -> None:
    facts = {"missing": ", ".join(report.missing), "gone": ", ".join(report.gone), "new": ", ".join(report.new)}
    log.log(logging.WARNING if report.missing else logging.INFO, "Compared the catalogue with the provider's list", extra=facts)


_LISTED = (
    "INSERT INTO provider_listing (provider_model_id, kind, first_listed_at, checked_at) VALUES (:id, :kind, :now, :now)"
    " ON CONFLICT (provider_model_id) DO UPDATE SET kind = excluded.kind, missing_since = NULL, checked_at = excluded.checked_at,"
    " first_listed_at = coalesce(provider_listing.first_listed_at, excluded.first_listed_at)"
)
_MISSING = (
    "INSERT INTO provider_listing (provider_model_id, missing_since, checked_at) VALUES (:id, :now, :now)"
    " ON CONFLICT (provider_model_id) DO UPDATE SET missing_since = coalesce(provider_listing.missing_since, excluded.missing_since),"
    " checked_at = excluded.checked_at"
)
