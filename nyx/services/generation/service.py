"""What creators do with generations: ask, watch, cancel, retry. The engine does the work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock, Random
from nyx.crash import crash_point
from nyx.db import Database, Tx
from nyx.errors import Conflict, InvalidInput, NotFound
from nyx.services.catalog import CatalogService, quote
from nyx.services.generation import batch, creation, interventions, repeats, repository
from nyx.services.generation.creation import Limits, NewGeneration
from nyx.services.generation.engine import Engine
from nyx.services.generation.planning import fingerprint, make_plan, measure_of
from nyx.services.generation.timings import Timings
from nyx.services.generation.views import Draft, GenerationView, Opening, Repeat, Stage

_MAX_PAGE = 50
_MAX_DRAFT_BYTES = 200_000
_REPEATABLE = frozenset({Stage.FAILED, Stage.CANCELLED})


class GenerationService:
    """Every method checks that the generation is the owner's."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: CatalogService,
        engine: Engine,
        timings: Timings,
        bus: Bus,
        clock: Clock,
        random: Random,
        limits: Limits,
        provider: str,
    ) -> None:
        self._db = db
        self._catalog = catalog
        self._engine = engine
        self._timings = timings
        self._bus = bus
        self._clock = clock
        self._random = random
        self._limits = limits
        self._provider = provider

    async def submit(self, *, owner_id: str, draft: Draft, draft_key: str, told_credits: int | None = None) -> GenerationView:
        """Check, price, hold and queue a draft. Safe to repeat by ``draft_key``: one draft becomes one generation.

        It never costs more than ``told_credits``, the price that the person saw; None where none was shown.
        Raises: InvalidInput (its ``field`` names the input), InsufficientCredits, PriceChanged, TooMany, Overloaded, Conflict.
        """
        new = await self._planned(owner_id, draft, draft_key)
        generation_id = await self._db.write(creation.create, new=new, limits=self._limits, told_credits=told_credits)
        crash_point("after_create")
        self._engine.wake()
        self._tell(owner_id, generation_id)
        return await self.get(owner_id=owner_id, generation_id=generation_id)

    async def submit_all(
        self, *, owner_id: str, drafts: Sequence[Draft], draft_key: str, told_credits: int | None = None
    ) -> tuple[GenerationView, ...]:
        """Queue one generation for each draft, such as one for each prompt that wildcards stand for: all of them, or none.

        Safe to repeat by ``draft_key``. ``told_credits`` is for all of them. Raises: as ``submit``; InsufficientCredits names the sum.
        """
        if not 1 <= len(drafts) <= batch.MAX_BATCH:
            raise InvalidInput(f"Ask for 1 to {batch.MAX_BATCH} at once; these are {len(drafts):,}.", field="prompt")
        news = [await self._planned(owner_id, draft, batch.key_of(draft_key, index)) for index, draft in enumerate(drafts)]
        ids = await self._db.write(batch.create_all, news=news, limits=self._limits, told_credits=told_credits)
        crash_point("after_create")
        self._engine.wake()
        for generation_id in ids:
            self._tell(owner_id, generation_id)
        return tuple([await self.get(owner_id=owner_id, generation_id=generation_id) for generation_id in ids])

    async def find_made(self, *, owner_id: str, drafts: Sequence[Draft]) -> Repeat:
        """How much of exactly this the owner has already, however it had got its seed; nothing of drafts whose seeds are random.

        Raises: InvalidInput, as ``submit``.
        """
        if not any(draft.seed is not None or draft.seeds for draft in drafts):
            return Repeat(wanted=sum(draft.outputs for draft in drafts))
        plans = [make_plan(await self._catalog.get_model(draft.model_key), draft, self._random) for draft in drafts]
        keys = [key for plan in plans for key in repeats.keys_of(plan)]
        async with self._db.read() as session:
            made = await repository.find_made(session, owner_id=owner_id, keys=keys)
        return repeats.repeat_of(plans, made)

    async def cancel(self, *, owner_id: str, generation_id: str, keep_late: bool = True) -> GenerationView:
        """Stop waiting. Outputs not sent yet are freed at once; of the others, what still arrives is kept for its price, or let go.

        Raises: NotFound, Conflict when nothing is left to cancel.
        """
        await self.get(owner_id=owner_id, generation_id=generation_id)
        now = self._clock.now()
        changed = await self._db.write(interventions.cancel, owner_id=owner_id, generation_id=generation_id, keep_late=keep_late, now=now)
        if not changed:
            raise Conflict("There is nothing left to cancel here.")
        self._tell(owner_id, generation_id)
        return await self.get(owner_id=owner_id, generation_id=generation_id)

    async def retry(
        self, *, owner_id: str, generation_id: str, draft_key: str, index: int | None = None, told_credits: int | None = None
    ) -> GenerationView:
        """Ask again, with the same seeds, for what failed or was cancelled: one output by its index, or all; as a new generation.

        Raises: NotFound, Conflict, as ``submit``.
        """
        view = await self.get(owner_id=owner_id, generation_id=generation_id)
        missing = [output for output in view.outputs if output.stage in _REPEATABLE and index in (None, output.index)]
        if not missing:
            raise Conflict("Every output of this one is there or still on its way.")
        seeds = tuple(output.seed or 0 for output in missing)
        draft = replace(view.draft, outputs=len(missing), seed=seeds[0], seeds=seeds)
        return await self.submit(owner_id=owner_id, draft=draft, draft_key=draft_key, told_credits=told_credits)

    async def get(self, *, owner_id: str, generation_id: str) -> GenerationView:
        """Raises: NotFound, also for somebody else's."""
        async with self._db.read() as session:
            view = await repository.find(session, owner_id=owner_id, generation_id=generation_id, name_of=self._catalog.name_of)
        if view is None:
            raise NotFound("This generation is not here.")
        return await self._as_of_now(view)

    async def list_recent(
        self, *, owner_id: str, limit: int = 12, before: tuple[datetime, str] | None = None
    ) -> tuple[GenerationView, ...]:
        """Newest first; at most 50. ``before`` is (created_at, id) of the last one seen."""
        limit = min(max(limit, 1), _MAX_PAGE)
        async with self._db.read() as session:
            views = await repository.list_recent(session, owner_id=owner_id, limit=limit, before=before, name_of=self._catalog.name_of)
        return tuple([await self._as_of_now(view) for view in views])

    async def list_used_models(self, *, owner_id: str, capability: str, limit: int = 3) -> tuple[str, ...]:
        """Keys of the models that the owner used last for this, the latest first."""
        return await self._db.look(repository.used_models, owner_id=owner_id, capability=capability, limit=limit)

    async def save_draft(self, *, owner_id: str, screen: str, payload: dict[str, Any]) -> None:
        """Keep what is being typed on a screen. Raises: InvalidInput when it is larger than any real draft."""
        text = json.dumps(payload)  # plain ASCII: whatever was typed, both databases take it
        if len(text) > _MAX_DRAFT_BYTES:
            raise InvalidInput("This draft can't be kept. Shorten it.")
        await self._db.write(_store_draft, owner_id=owner_id, screen=screen, payload=text, now=self._clock.now())

    async def opening(self, *, owner_id: str, screen: str) -> Opening:
        """What a screen shows before anything else is read."""
        return await self._db.look(repository.opening, owner_id=owner_id, screen=screen, now=self._clock.now())

    async def _as_of_now(self, view: GenerationView) -> GenerationView:
        """With what its model's history and today's price say."""
        view = replace(view, again_unit_credits=await self._again_unit_credits(view.draft))
        timing = await self._timings.get(view.model_key, view.draft.seconds or 0)
        return replace(view, expected_s=timing.median_s, expected_p90_s=timing.p90_s) if timing else view

    async def _again_unit_credits(self, draft: Draft) -> int:
        try:
            spec = await self._catalog.get_model(draft.model_key)
            return quote(spec, measure_of(draft)).unit_credits if spec.is_enabled else 0
        except InvalidInput:
            return 0  # it has left the catalogue, or has no price

    async def _planned(self, owner_id: str, draft: Draft, draft_key: str) -> NewGeneration:
        plan = make_plan(await self._catalog.get_model(draft.model_key), draft, self._random)
        return NewGeneration(
            id=self._random.id(),
            hold_id=self._random.id(),
            job_ids=tuple(self._random.id() for _ in plan.requests),
            owner_id=owner_id,
            draft_key=draft_key,
            provider=self._provider,
            plan=plan,
            request_hash=fingerprint(draft),
            now=self._clock.now(),
        )

    def _tell(self, owner_id: str, generation_id: str) -> None:
        self._bus.publish(user_topic(owner_id), Event("generation", generation_id))
        self._bus.publish(user_topic(owner_id), Event("credits"))


def _store_draft(tx: Tx, *, owner_id: str, screen: str, payload: str, now: datetime) -> None:
    tx.execute(
        "INSERT INTO draft (owner_id, screen, payload, updated_at) VALUES (:owner_id, :screen, :payload, :now)"
        " ON CONFLICT (owner_id, screen) DO UPDATE SET payload = excluded.payload, updated_at = excluded.updated_at",
        owner_id=owner_id,
        screen=screen,
        payload=payload,
        now=now,
    )
