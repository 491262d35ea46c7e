"""The catalogue as it is sold here: shipped specs, an admin's overrides, and what the provider still offers."""

from __future__ import annotations

from datetime import datetime

from nyx.clock import Clock
from nyx.db import Database, Row, Tx
from nyx.errors import InvalidInput
from nyx.services.catalog import favourites
from nyx.services.catalog.listing import read_gone
from nyx.services.catalog.spec import Capability, ModelSpec, load_shipped

REFRESH_S = 3.0
"""How often a running app calls ``refresh``, so that no page waits for a read."""
_FRESH_S = 5.0


class CatalogService:
    """``is_live`` is true when a real provider answers: then what it has retired is switched off.

    Overrides are kept in memory: a change made here shows at once, one made by another process within ``_FRESH_S`` seconds; a running app
    reads them again behind the pages, which then never wait for it.
    """

    def __init__(self, db: Database, clock: Clock, *, is_live: bool) -> None:
        self._db = db
        self._clock = clock
        specs = load_shipped()
        self._successors = {spec.key: spec.name for spec in specs if not is_live or spec.together_state == "listed"}
        self._shipped = {spec.key: self._as_offered(spec, is_live=is_live) for spec in specs}
        self._names = {key: spec.name for key, spec in self._shipped.items()}
        self._offer: dict[str, ModelSpec] = {}
        self._by_capability: dict[Capability, tuple[ModelSpec, ...]] = {}
        self._fresh_until = float("-inf")
        self._reads = 0
        self._read_kept = 0

    def name_of(self, model_key: str) -> str:
        """What people call it; the key itself for a model that has left the catalogue."""
        return self._names.get(model_key, model_key)

    async def list_models(self, capability: str | None = None) -> tuple[ModelSpec, ...]:
        """Every model, also those switched off (``is_enabled``), in the catalogue's order."""
        offer = await self._current_offer()
        return tuple(offer.values()) if capability is None else self._by_capability[Capability(capability)]

    async def get_model(self, model_key: str) -> ModelSpec:
        """Raises: InvalidInput when there is no such model; it may still be switched off."""
        spec = (await self._current_offer()).get(model_key)
        if spec is None:
            raise InvalidInput("This model is not in the catalogue any more. Choose another one.", field="model")
        return spec

    async def override(
        self, model_key: str, *, credits: int | None = None, is_enabled: bool | None = None, badge: str | None = None
    ) -> ModelSpec:
        """Keep an admin's change; None means as shipped. Raises: InvalidInput."""
        await self.get_model(model_key)
        if credits is not None and not 1 <= credits <= 1_000_000:
            raise InvalidInput("A price is a whole number of credits from 1 to 1,000,000.", field="credits")
        now = self._clock.now()
        await self._db.write(_store_override, model_key=model_key, credits=credits, is_enabled=is_enabled, badge=badge, updated_at=now)
        await self.refresh()
        return await self.get_model(model_key)

    async def list_favourites(self, *, owner_id: str) -> tuple[str, ...]:
        """Keys of the models that a person marked, the oldest mark first; some may have left the catalogue."""
        return await self._db.look(favourites.read, owner_id=owner_id)

    async def set_favourite(self, model_key: str, *, owner_id: str, is_favourite: bool) -> None:
        """Set or take away a person's mark; safe to repeat. Raises: InvalidInput when there is no such model."""
        await self.get_model(model_key)
        now = self._clock.now()
        await self._db.write(favourites.store, owner_id=owner_id, model_key=model_key, is_favourite=is_favourite, now=now)

    async def refresh(self) -> None:
        """Learn what another process changed."""
        self._reads += 1
        mine = self._reads
        read_at = self._clock.monotonic()
        overrides, gone = await self._db.look(_read_changes)
        if mine < self._read_kept:  # a later read was quicker: this one may not have seen the last change
            return
        offered = {key: self._retired(spec) if spec.provider_model_id in gone else spec for key, spec in self._shipped.items()}
        specs = sorted((_overridden(spec, overrides.get(key)) for key, spec in offered.items()), key=lambda spec: spec.position)
        self._offer = {spec.key: spec for spec in specs}
        self._by_capability = {one: tuple(spec for spec in specs if one in spec.capabilities) for one in Capability}
        self._read_kept, self._fresh_until = mine, read_at + _FRESH_S

    async def _current_offer(self) -> dict[str, ModelSpec]:
        """By key, in the catalogue's order."""
        if self._clock.monotonic() >= self._fresh_until:
            await self.refresh()
        return self._offer

    def _as_offered(self, spec: ModelSpec, *, is_live: bool) -> ModelSpec:
        return self._retired(spec) if is_live and spec.together_state != "listed" else spec

    def _retired(self, spec: ModelSpec) -> ModelSpec:
        return spec.retired(self._successors.get(spec.successor, ""))


def _read_changes(tx: Tx) -> tuple[dict[str, Row], frozenset[str]]:
    rows = tx.execute("SELECT model_key, credits, is_enabled, badge, position FROM model_override").all()
    return {row["model_key"]: row for row in rows}, read_gone(tx)


def _store_override(
    tx: Tx, *, model_key: str, credits: int | None, is_enabled: bool | None, badge: str | None, updated_at: datetime
) -> None:
    tx.execute(
        "INSERT INTO model_override (model_key, credits, is_enabled, badge, updated_at)"
        " VALUES (:model_key, :credits, :is_enabled, :badge, :updated_at)"
        " ON CONFLICT (model_key) DO UPDATE SET credits = excluded.credits, is_enabled = excluded.is_enabled,"
        " badge = excluded.badge, updated_at = excluded.updated_at",
        model_key=model_key,
        credits=credits,
        is_enabled=is_enabled,
        badge=badge,
        updated_at=updated_at,
    )


def _overridden(spec: ModelSpec, override: Row | None) -> ModelSpec:
    kept = ("credits", "badge", "position")
    changes: dict[str, object] = {name: override[name] for name in kept if override[name] is not None} if override else {}
    is_off = override is not None and override["is_enabled"] is not None and not override["is_enabled"]
    if is_off and spec.is_enabled:  # why a retired one is off says more
        changes |= {"is_enabled": False, "disabled_reason": f"{spec.name} is switched off here."}
    if changes.get("credits", spec.credits) is None and spec.is_enabled:
        changes |= {"is_enabled": False, "disabled_reason": f"{spec.name} has no price yet."}
    return spec.model_copy(update=changes) if changes else spec
