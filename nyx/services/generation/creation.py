"""The transaction that begins a generation: limits, hold, rows. One draft becomes one generation, however often it is sent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from nyx.db import Row, Tx
from nyx.errors import Conflict, InvalidInput, Overloaded, TooMany
from nyx.folding import folded_words
from nyx.services.credits import ledger
from nyx.services.generation.planning import Plan, freeze, request_key

# Longer than anything a generation may wait for: a day at the provider, a day unknown.
HOLD_LIFETIME = timedelta(days=7)


class PriceChanged(Conflict):
    """It costs more than the person was told."""

    code = "price_changed"


@dataclass(frozen=True, kw_only=True)
class NewGeneration:
    """Everything that creating needs, ids included, so that running the operation twice is the same as once."""

    id: str
    hold_id: str
    job_ids: tuple[str, ...]
    owner_id: str
    draft_key: str
    provider: str
    plan: Plan
    request_hash: str
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many outputs may wait or run at once."""

    waiting_per_user: int
    waiting: int


def create(tx: Tx, *, new: NewGeneration, limits: Limits, told_credits: int | None = None) -> str:
    """Hold the price and insert the generation with its jobs; returns its id, or that of the earlier one with this draft key.

    Raises: Conflict, PriceChanged, InvalidInput, TooMany, Overloaded, InsufficientCredits; all of them before anything is written.
    """
    if earlier := _earlier(tx, new):
        return _same_or_conflict(earlier, new.request_hash)
    check_price(new.plan.quote.total_credits, told_credits)
    _check_pictures(tx, new)
    check_room(tx, owner_id=new.owner_id, wanted=len(new.job_ids), limits=limits)
    hold = ledger.place_hold(
        tx,
        owner_id=new.owner_id,
        amount=new.plan.quote.total_credits,
        key=f"generation:{new.owner_id}:{new.draft_key}",
        now=new.now,
        expires_at=new.now + HOLD_LIFETIME,
        hold_id=new.hold_id,
    )
    if not _insert_generation(tx, new, hold_id=hold.id):
        earlier = _earlier(tx, new)  # another process was quicker with the same draft
        return _same_or_conflict(earlier or {}, new.request_hash)
    for position, picture in enumerate(new.plan.draft.inputs):
        tx.execute(
            "INSERT INTO generation_input (generation_id, position, role, media_id) VALUES (:id, :position, :role, :media_id)",
            id=new.id,
            position=position,
            role=picture.role.value,
            media_id=picture.media_id,
        )
    for index, job_id in enumerate(new.job_ids):
        _insert_job(tx, new, job_id=job_id, index=index)
    return new.id


def check_price(credits: int, told_credits: int | None) -> None:
    """A lower price than the one told is a pleasant surprise. Raises: PriceChanged."""
    if told_credits is not None and credits > told_credits:
        raise PriceChanged(f"The price has changed: this costs {credits:,} credits now. Nothing was charged; press again if you want it.")


def _earlier(tx: Tx, new: NewGeneration) -> Row | None:
    return tx.execute(
        "SELECT id, request_hash FROM generation WHERE owner_id = :owner_id AND draft_key = :draft_key",
        owner_id=new.owner_id,
        draft_key=new.draft_key,
    ).first()


def _same_or_conflict(earlier: Row, request_hash: str) -> str:
    if earlier["request_hash"] != request_hash:
        raise Conflict("This was already sent with other settings. Reload the page and try again.")
    return str(earlier["id"])


def _check_pictures(tx: Tx, new: NewGeneration) -> None:
    """Each picture is the owner's own, still there, and no clip."""
    for media_id in {picture.media_id for picture in new.plan.draft.inputs}:
        found = tx.execute(
            "SELECT content_type FROM media WHERE id = :id AND owner_id = :owner_id AND deleted_at IS NULL",
            id=media_id,
            owner_id=new.owner_id,
        ).first()
        if found is None:
            raise InvalidInput("One of the pictures is not here any more. Remove it, or add it again.", field="inputs")
        if not found["content_type"].startswith("image/"):
            raise InvalidInput("A clip can't be used here. Choose a picture.", field="inputs")


def exists(tx: Tx, new: NewGeneration) -> bool:
    """True when this draft was sent before. Raises: Conflict when it was sent with other settings."""
    earlier = _earlier(tx, new)
    return earlier is not None and bool(_same_or_conflict(earlier, new.request_hash))


def check_room(tx: Tx, *, owner_id: str, wanted: int, limits: Limits) -> None:
    """Refuse more outputs than may wait. Raises: TooMany, Overloaded."""
    counted = tx.execute(
        "SELECT count(*) AS everyone, coalesce(sum(CASE WHEN owner_id = :owner_id THEN 1 ELSE 0 END), 0) AS mine"
        " FROM job WHERE state IN ('pending', 'submitting', 'running', 'fetching')",
        owner_id=owner_id,
    ).all()[0]
    if counted["mine"] + wanted > limits.waiting_per_user:
        raise TooMany(
            f"You have {counted['mine']} outputs on their way, and {limits.waiting_per_user} is the most at once. Wait for some to finish.",
            retry_after_s=15.0,
        )
    if counted["everyone"] + wanted > limits.waiting:
        raise Overloaded("The studio's queue is full right now. Nothing was charged; please try again in a minute.", retry_after_s=60.0)


def _insert_generation(tx: Tx, new: NewGeneration, *, hold_id: str) -> bool:
    plan = new.plan
    inserted = tx.execute(
        "INSERT INTO generation (id, owner_id, draft_key, request_hash, capability, model_key, prompt, words, settings, outputs,"
        " unit_price_credits, price_credits, hold_id, open_jobs, created_at)"
        " VALUES (:id, :owner_id, :draft_key, :request_hash, :capability, :model_key, :prompt, :words, :settings, :outputs,"
        " :unit, :total, :hold_id, :outputs, :now) ON CONFLICT (owner_id, draft_key) DO NOTHING",
        id=new.id,
        owner_id=new.owner_id,
        draft_key=new.draft_key,
        request_hash=new.request_hash,
        capability=plan.draft.capability,
        model_key=plan.draft.model_key,
        prompt=plan.draft.prompt,
        words=" ".join(folded_words(plan.draft.prompt)),
        settings=json.dumps(asdict(plan.draft), ensure_ascii=False, sort_keys=True),
        outputs=plan.draft.outputs,
        unit=plan.quote.unit_credits,
        total=plan.quote.total_credits,
        hold_id=hold_id,
        now=new.now,
    )
    return inserted.rowcount == 1


def _insert_job(tx: Tx, new: NewGeneration, *, job_id: str, index: int) -> None:
    request = new.plan.requests[index]
    tx.execute(
        "INSERT INTO job (id, generation_id, owner_id, output_index, provider, kind, model_key, length_s, request, request_hash,"
        " seed, next_run_at, created_at)"
        " VALUES (:id, :generation_id, :owner_id, :index, :provider, :kind, :model_key, :length_s, :request, :key, :seed, :now, :now)",
        id=job_id,
        generation_id=new.id,
        owner_id=new.owner_id,
        index=index,
        provider=new.provider,
        kind=new.plan.kind,
        model_key=new.plan.draft.model_key,
        length_s=new.plan.length_s,
        request=json.dumps(freeze(request), ensure_ascii=False, sort_keys=True),
        key=request_key(request),
        seed=request.seed,
        now=new.now,
    )
