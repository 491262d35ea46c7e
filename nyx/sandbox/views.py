"""Answers of the sandbox as the provider writes them: clips in every state, lists of models. No state of its own."""

from __future__ import annotations

from datetime import UTC, datetime

from nyx.sandbox.faults import Fault
from nyx.sandbox.jobs import ClipJob
from nyx.sandbox.models import IMAGE_MODELS, VIDEO_MODELS
from nyx.sandbox.settings import Oddity

_USD_A_SECOND = 0.05
_QUEUED_SHARE = 0.1
_ALL_MODELS = [(name, "image") for name in IMAGE_MODELS] + [(name, "video") for name in VIDEO_MODELS]
_FREE = {"hourly": 0, "input": 0, "output": 0, "base": 0, "finetune": 0, "cached_input": 0}


def status_of(job: ClipJob, *, now_s: float, oddities: frozenset[Oddity]) -> str:
    """Tell the state of a clip. Counts how often its end was told, because [duplicate] takes the news back once."""
    if job.takes_s is None:
        return "in_progress"
    elapsed_s = now_s - job.started_s
    if elapsed_s < job.takes_s and Oddity.TERMINAL_AT_ONCE not in oddities:
        return "queued" if elapsed_s < job.takes_s * _QUEUED_SHARE else "in_progress"
    job.terminal_polls += 1
    if Fault.DUPLICATE in job.faults and job.terminal_polls == 2:
        return "in_progress"
    return "failed" if job.failure else "completed"


def clip_view(job: ClipJob, status: str, *, url: str | None, oddities: frozenset[Oddity]) -> dict[str, object]:
    """Write a clip's state; ``url`` is where its file is, None when there is none."""
    view: dict[str, object] = {
        "id": job.id,
        "object": "video",
        "model": job.model,
        "status": status,
        "created_at": _time(job.created_at_s, oddities),
        "size": job.size,
        "seconds": job.seconds,
        "error": job.failure if status == "failed" else None,
        "outputs": None,
    }
    if status in ("completed", "failed"):
        view["completed_at"] = _time(job.created_at_s + (job.takes_s or 0), oddities)
    if url is not None:
        cost = {} if Oddity.NO_COST in oddities else {"cost": round(_USD_A_SECOND * int(job.seconds), 4)}
        view["outputs"] = {**cost, "video_url": url}
    if Oddity.NO_OBJECT in oddities:
        del view["object"]
    return view


def image_view(answer_id: str, model: str, data: list[dict[str, object]], oddities: frozenset[Oddity]) -> dict[str, object]:
    """Write the answer with finished pictures."""
    for entry in data:
        if Oddity.TYPE_NULL in oddities:
            entry["type"] = None
        if Oddity.TIMINGS in oddities:
            entry["timings"] = {"inference": 0.799}
    view: dict[str, object] = {"id": answer_id, "model": model, "object": "list", "data": data}
    if Oddity.NO_OBJECT in oddities:
        del view["object"]
    return view


def models_view() -> list[dict[str, object]]:
    """List every model, retired ones too: as at the provider, being listed proves nothing. A bare array."""
    return [
        {
            "id": name,
            "object": "model",
            "created": 1_692_896_905,
            "type": kind,
            "display_name": name.rpartition("/")[2],
            "organization": name.partition("/")[0],
            "context_length": 0,
            "pricing": _FREE,
        }
        for name, kind in _ALL_MODELS
    ]


def supported_view() -> dict[str, object]:
    """List every model in the newer form."""
    return {"object": "list", "data": [_supported(name, kind) for name, kind in _ALL_MODELS], "has_more": False}


def _supported(name: str, kind: str) -> dict[str, object]:
    return {
        "id": name.replace("/", "--"),
        "name": name,
        "baseModel": "",
        "baseModelId": "",
        "displayName": name.rpartition("/")[2],
        "displayType": kind,
        "publisher": name.partition("/")[0],
        "capabilities": [f"CAPABILITY_{kind.upper()}_GENERATION"],
        "inputModalities": ["MODALITY_TEXT"],
        "outputModalities": [f"MODALITY_{kind.upper()}"],
        "products": ["PRODUCT_SERVERLESS"],
        "status": "SUPPORTED_MODEL_STATUS_SUPPORTED",
        "createdAt": "2026-01-01T00:00:00Z",
        "deploymentProfiles": [],
    }


def _time(seconds: float, oddities: frozenset[Oddity]) -> object:
    if Oddity.ISO_TIMES in oddities:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    return int(seconds)
