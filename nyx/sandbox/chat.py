"""Text as the sandbox writes it: a prompt is dressed by a template, and the answer names the template as its model."""

from __future__ import annotations

import zlib

from nyx.sandbox.faults import without_faults
from nyx.sandbox.rules import Complaint, Json

WRITER = "sandbox/template"
_STILL = (
    "soft directional light, fine surface detail, shallow depth of field, quiet background, natural colours",
    "seen from slightly below, golden hour light, long shadows, atmospheric haze, balanced composition",
    "close framing, diffused window light, rich texture, muted palette with one warm accent",
    "wide view, layered foreground and distance, clear morning air, crisp detail, cinematic contrast",
)
_MOVING = (
    "the camera drifts slowly forward, leaves and cloth move in a light wind, natural light, steady pace",
    "a slow pan from left to right, soft reflections, gentle motion throughout, one continuous shot",
    "the camera holds still while light changes across the scene, small natural movements, calm rhythm",
)


def prompt_in(body: Json) -> str:
    """Find the last thing that the user said. Raises: Complaint."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Complaint("messages must be a non-empty array", param="messages")
    said = [message.get("content") for message in messages if isinstance(message, dict) and message.get("role") == "user"]
    if not said or not isinstance(said[-1], str) or not said[-1].strip():
        raise Complaint("the last user message must have text", param="messages")
    return said[-1]


def is_about_clips(body: Json) -> bool:
    """True when the system message speaks of clips."""
    messages = body.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    return isinstance(first, dict) and "clip" in str(first.get("content", "")).lower()


def dressed(prompt: str, *, moving: bool) -> str:
    """The prompt with one of a few endings, always the same for the same words."""
    plain = without_faults(prompt).rstrip(" .,;")
    endings = _MOVING if moving else _STILL
    return f"{plain}, {endings[zlib.crc32(plain.encode()) % len(endings)]}"


def chat_view(answer_id: str, text: str | None, *, created_s: float, words_in: int) -> dict[str, object]:
    """Write the answer; ``text`` None is a model that had nothing to say."""
    words_out = len((text or "").split())
    return {
        "id": answer_id,
        "object": "chat.completion",
        "created": int(created_s),
        "model": WRITER,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text or ""}, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": words_in, "completion_tokens": words_out, "total_tokens": words_in + words_out},
    }
