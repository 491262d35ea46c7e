"""Reading what a caller sent to the sandbox: body, key, numbers, input pictures. No rules about models."""

from __future__ import annotations

import base64
import binascii
import json

from starlette.requests import Request

from nyx.sandbox.art.source import NotAPicture, require_picture
from nyx.sandbox.rules import Complaint, Json

UNREADABLE_INPUT = "Failed to decode the input image. It must be a URL or base64."
_MAX_BODY_BYTES = 64_000_000


def authorize(request: Request) -> None:
    """Require some key; which one does not matter. Raises: Complaint 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Complaint("Missing or invalid API key.", status=401, code="invalid_api_key")


async def read_body(request: Request) -> Json:
    """Return the JSON object that was sent with a key. Raises: Complaint 400, 401 or 413."""
    authorize(request)
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MAX_BODY_BYTES:
            raise Complaint("Request body too large.", status=413)
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Complaint("The request body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise Complaint("The request body must be a JSON object.")
    return body


def number_in(body: Json, field: str, default: int) -> int:
    """Return a whole number that the rules have already checked."""
    value = body.get(field, default)
    return value if isinstance(value, int) else default


def pictures_in(body: Json) -> tuple[str, ...]:
    """List the input pictures, wherever they stand: links and data. The rules have checked that they are text."""
    media = body.get("media")
    holder: Json = media if isinstance(media, dict) else {}
    candidates: list[object] = [body.get("image_url"), *_items(body, "reference_images")]
    for place in (holder, body):
        frames = _items(place, "frame_images")
        candidates += [frame.get("input_image") for frame in frames if isinstance(frame, dict)]
    candidates += _items(holder, "reference_images")
    return tuple(candidate for candidate in candidates if isinstance(candidate, str))


def is_link(picture: str) -> bool:
    """Tell a link from data."""
    return picture.startswith(("http://", "https://"))


def decoded(text: str) -> bytes:
    """Decode a picture that came as data. Raises: Complaint."""
    try:
        data = base64.b64decode(text.rpartition(",")[2], validate=True)
        require_picture(data)
    except (binascii.Error, NotAPicture) as error:
        raise Complaint(UNREADABLE_INPUT, param="image_url") from error
    return data


def base_of(request: Request) -> str:
    """Return the address under which the caller knows us."""
    return str(request.base_url).rstrip("/")


def _items(holder: Json, field: str) -> list[object]:
    items = holder.get(field)
    return items if isinstance(items, list) else []
