"""Together's wire format as pure functions: request bodies out, answers in. No network, no wording beyond the refusals it finds.

Source: https://docs.together.ai/reference (read 2026-11-21). Answers are read tolerantly: the published schema, the documentation and
the live service differ in statuses, times and in whether a cost is given.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from nyx.services.providers.base import Answer, ChatAnswer, ChatRequest, Delivered, ImageRequest, KeyFrame, Pending, Refused, VideoRequest
from nyx.services.providers.together_words import sentence_for

Json = Mapping[str, object]

_LONGEST_S = 86_400.0  # a job that says it took longer than a day says nothing


class Unreadable(ValueError):
    """The answer does not have the shape that the provider promises. Never leaves this package."""


def image_body(request: ImageRequest) -> dict[str, object]:
    """Build the body of POST /v1/images/generations. ``n`` is left out: one call makes one picture."""
    return _without_none(
        model=request.model,
        prompt=request.prompt,
        seed=request.seed,
        width=request.width_px,
        height=request.height_px,
        aspect_ratio=request.aspect_ratio,
        negative_prompt=request.negative_prompt,
        steps=request.steps,
        guidance_scale=request.guidance,
        image_url=request.image_url,
        reference_images=list(request.reference_images) or None,
        output_format=request.output_format,
        response_format="url",
    )


def video_body(request: VideoRequest) -> dict[str, object]:
    """Build the body of POST /v2/videos. ``seconds`` is a JSON string there, and pictures stand in ``media``."""
    media = _without_none(
        frame_images=[_frame(frame) for frame in request.frames] or None,
        reference_images=list(request.reference_images) or None,
    )
    return _without_none(
        model=request.model,
        prompt=request.prompt,
        seed=request.seed,
        seconds=None if request.seconds is None else str(request.seconds),
        width=request.width_px,
        height=request.height_px,
        resolution=request.resolution,
        ratio=request.ratio,
        fps=request.fps,
        steps=request.steps,
        # The schema says integer here, and number for pictures.
        guidance_scale=None if request.guidance is None else round(request.guidance),
        negative_prompt=request.negative_prompt,
        generate_audio=request.generate_audio,
        output_format=request.output_format.upper(),
        media=media or None,
    )


def chat_body(request: ChatRequest) -> dict[str, object]:
    """Build the body of POST /v1/chat/completions. A short text needs no thinking aloud first."""
    return {
        "model": request.model,
        "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "reasoning": {"enabled": False},
    }


def parse_image(answer: object) -> Answer:
    """Read the answer to an image request. Raises: Unreadable."""
    body = _object(answer)
    data = body.get("data")
    if not data and body.get("error"):
        return _refused(body["error"])
    if not isinstance(data, list):
        raise Unreadable("no list of pictures in the answer")
    if not data:
        return Refused(sentence="The provider finished without delivering a picture.", detail="empty data")
    first = _object(data[0])
    if isinstance(first.get("url"), str) and first["url"]:
        return Delivered(url=str(first["url"]))
    if isinstance(first.get("b64_json"), str) and first["b64_json"]:
        return Delivered(data=_decoded(str(first["b64_json"])))
    raise Unreadable("neither a link nor data in the answer")


def parse_video(answer: object) -> Answer:
    """Read a video job, from either the first answer or a poll. An unknown status counts as pending. Raises: Unreadable."""
    body = _object(answer)
    job_id = body.get("id")
    status = body.get("status")
    if not isinstance(job_id, str) or not job_id:
        raise Unreadable("no job id in the answer")
    if status == "completed":
        return _completed(body, job_id)
    if status == "failed":
        return _refused(_failure(body), job_id)
    if status == "cancelled":
        return Refused(sentence="The provider cancelled this clip.", detail="cancelled", provider_job_id=job_id)
    return Pending(provider_job_id=job_id)


def parse_chat(answer: object) -> ChatAnswer:
    """Read the answer to a question. Raises: Unreadable, also when nothing was written."""
    body = _object(answer)
    choices = body.get("choices")
    message = choices[0].get("message") if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else None
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, str) or not content.strip():
        raise Unreadable("no text in the answer")
    return ChatAnswer(text=content, model=str(body.get("model") or ""))


def parse_models(answer: object) -> tuple[tuple[str, str], ...]:
    """Read GET /v1/models, a bare array, as pairs of id and type. Raises: Unreadable."""
    items = answer.get("data") if isinstance(answer, Mapping) else answer
    if not isinstance(items, list):
        raise Unreadable("no list of models in the answer")
    return tuple((str(item["id"]), str(item.get("type") or "")) for item in items if isinstance(item, Mapping) and item.get("id"))


def error_of(answer: object) -> tuple[str, str, str]:
    """Read message, code and parameter from an error body; empty strings where it has none."""
    error = answer.get("error", answer) if isinstance(answer, Mapping) else answer
    if isinstance(error, str):
        return error, "", ""
    if not isinstance(error, Mapping):
        return "", "", ""
    code = error.get("code") or error.get("type") or ""
    return str(error.get("message") or error.get("detail") or ""), str(code), str(error.get("param") or "")


def _completed(body: Json, job_id: str) -> Answer:
    outputs = body.get("outputs")
    first = outputs[0] if isinstance(outputs, list) and outputs else outputs
    url = first.get("video_url") if isinstance(first, Mapping) else None
    if not isinstance(url, str) or not url:
        sentence = "The provider finished without delivering a clip."
        return Refused(sentence=sentence, detail="completed without outputs", provider_job_id=job_id)
    assert isinstance(first, Mapping)
    return Delivered(
        url=url,
        provider_job_id=job_id,
        cost_usd_micros=_usd_micros(first.get("cost")),
        render_ms=_lasted_ms(body.get("created_at"), body.get("completed_at")),
    )


def _lasted_ms(created: object, completed: object) -> int | None:
    """Both are unix seconds in the OpenAPI and ISO 8601 in the documentation; anything else says nothing."""
    moments = [_unix_s(moment) for moment in (created, completed)]
    if moments[0] is None or moments[1] is None or not 0 < moments[1] - moments[0] < _LONGEST_S:
        return None
    return round((moments[1] - moments[0]) * 1000)


def _unix_s(moment: object) -> float | None:
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        return float(moment)
    try:
        return datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else None
    except ValueError:
        return None


def _failure(body: Json) -> object:
    """Find why a job failed: ``error``, or in old answers ``info.errors`` as text, list or object."""
    info = body.get("info")
    old = info.get("errors") if isinstance(info, Mapping) else None
    return body.get("error") or (old[0] if isinstance(old, list) and old else old)


def _refused(error: object, job_id: str | None = None) -> Refused:
    message, code, param = error_of(error)
    detail = f"{code}: {message}" if code else message
    return Refused(sentence=sentence_for(message, code=code, param=param), detail=detail, provider_job_id=job_id)


def _frame(frame: KeyFrame) -> dict[str, object]:
    header, _, payload = frame.url.partition(",")
    is_data = header.startswith("data:") and header.endswith(";base64")
    # Frames are taken as links or as bare base64; a data URL's header is refused.
    return {"input_image": payload if is_data else frame.url, "frame": frame.position}


def _usd_micros(cost: object) -> int | None:
    if isinstance(cost, bool) or not isinstance(cost, int | float | str):
        return None
    try:
        value = float(cost)
    except ValueError:
        return None
    if not math.isfinite(value) or value < 0:
        return None
    return round(Decimal(str(cost)) * 1_000_000)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.rpartition(",")[2], validate=True)
    except binascii.Error as error:
        raise Unreadable("the picture is not base64") from error


def _object(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise Unreadable("the answer is not an object")
    return value


def _without_none(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
