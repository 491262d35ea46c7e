"""What the sandbox refuses and in which words: checks of a request body against the model's rules. The texts are the provider's own.

Source: texts measured on the live service in August and September 2026; the checks follow the published schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nyx.sandbox.models import COMMON_IMAGE_FIELDS, IMAGE_MODELS, VIDEO_MODELS, ImageModel, VideoModel

Json = Mapping[str, object]

_IMAGE_FIELDS = COMMON_IMAGE_FIELDS | {
    "width",
    "height",
    "steps",
    "negative_prompt",
    "image_url",
    "reference_images",
    "guidance_scale",
    "image_loras",
    "aspect_ratio",
    "prompt_upsampling",
}
_MEDIA_FIELDS = {"frame_images", "frame_videos", "reference_images", "reference_videos", "source_video", "audio_inputs"}
_RATIOS = {"1:1": (1024, 1024), "16:9": (1344, 768), "9:16": (768, 1344), "4:3": (1184, 864), "3:2": (1248, 832)}
_SHORT_SIDES = {"360p": 360, "480p": 480, "540p": 540, "720p": 720, "768p": 768, "1080p": 1080, "4k": 2160}
_CLIP_RATIOS = {"1:1": (1, 1), "16:9": (16, 9), "9:16": (9, 16), "4:3": (4, 3), "3:4": (3, 4), "21:9": (21, 9)}


@dataclass(eq=False)
class Complaint(Exception):
    """A request that is refused with ``status``."""

    message: str
    status: int = 400
    kind: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None

    def body(self) -> dict[str, object]:
        """Return the error as the provider writes it."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def check_image(body: Json) -> tuple[int, int]:
    """Return the size in pixels to draw. Raises: Complaint."""
    name = _text(body, "model")
    _text(body, "prompt")
    _check_pictures(body)
    model = IMAGE_MODELS.get(name)
    if model is None:
        raise _no_such_model(name)
    _check_fields(body, model)
    if body.get("response_format", "url") not in ("url", "base64"):
        raise Complaint("Invalid value for 'response_format' parameter. Supported values are: 'base64','url'.", param="response_format")
    if body.get("output_format", "jpeg") not in ("jpeg", "png"):
        raise Complaint("Invalid value for 'output_format' parameter. Supported values are: 'jpeg','png'.", param="output_format")
    if (n := _whole(body, "n", 1)) not in range(1, 5):
        raise Complaint(f"Invalid value for 'n' parameter: {n}. It must be between 1 and 4.", param="n")
    seed = _whole(body, "seed", 0)
    if not 0 <= seed <= model.max_seed:
        text = f"Seed must be an integer value between 0 and {model.max_seed}. Default: Random."
        raise Complaint(f"Invalid value for 'seed' parameter. {text}", param="seed")
    return _image_size(body, model)


def check_video(body: Json) -> tuple[VideoModel, int, int]:
    """Return the model and the size in pixels. Raises: Complaint, also for a field that the model does not take."""
    name = _text(body, "model")
    model = VIDEO_MODELS.get(name)
    if model is None:
        raise _no_such_model(name)
    prompt = body.get("prompt")
    if prompt is not None and (not isinstance(prompt, str) or not 1 <= len(prompt) <= 32_000):
        raise Complaint("prompt must be between 1 and 32000 characters", param="prompt")
    seconds = body.get("seconds", str(model.seconds))
    # The schema says string; whether the live service takes a number is not known, so ours is strict.
    if not isinstance(seconds, str) or not seconds.isdigit() or not 1 <= int(seconds) <= 30:
        raise Complaint("Invalid value for 'seconds' parameter. It must be a string.", code="invalidDuration", param="seconds")
    if body.get("output_format", "MP4") not in ("MP4", "WEBM"):
        raise Complaint("Invalid value for 'output_format' parameter. Supported values are: 'MP4','WEBM'.", param="output_format")
    for field in ("seed", "fps", "steps", "guidance_scale"):
        _whole(body, field, 0)
    _check_media(body)
    return model, *_clip_size(body, model)


def refused_field(body: Json, model: VideoModel) -> Complaint | None:
    """Find a field that the model of clips does not take."""
    for field in sorted(model.refuses & body.keys()):
        camel = "".join(part.capitalize() if i else part for i, part in enumerate(field.split("_")))
        return Complaint(f"Unsupported use of '{camel}' parameter. It is not supported by this model.", code="unsupportedParameter")
    return None


def _check_media(body: Json) -> None:
    media = body.get("media", {})
    if not isinstance(media, Mapping):
        raise Complaint("Invalid value for 'media' parameter. It must be an object.", param="media")
    for field in media:
        if field not in _MEDIA_FIELDS:
            raise Complaint(f"Invalid parameter detected. The parameter \"'{field}'\" is not recognized or supported.", param=field)
    for holder in (media, body):
        _check_pictures(holder)
        frames = holder.get("frame_images", [])
        if not isinstance(frames, list) or not all(isinstance(frame, Mapping) and _is_frame(frame) for frame in frames):
            text = "Each needs an 'input_image', and a 'frame' that is 'first','last' or a number."
            raise Complaint(f"Invalid value for 'frame_images' parameter. {text}", param="frame_images")


def _is_frame(frame: Json) -> bool:
    at = frame.get("frame", "first")
    return _is_picture(frame.get("input_image")) and (at in ("first", "last") or (isinstance(at, int) and at >= 0))


def _check_pictures(holder: Json) -> None:
    if "image_url" in holder and not _is_picture(holder["image_url"]):
        raise Complaint("Invalid value for 'image_url' parameter. It must be a URL or base64.", param="image_url")
    references = holder.get("reference_images", [])
    if not isinstance(references, list) or not all(map(_is_picture, references)):
        raise Complaint("Invalid value for 'reference_images' parameter. It must be a list of URLs.", param="reference_images")


def _is_picture(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _check_fields(body: Json, model: ImageModel) -> None:
    for field in body:
        if field not in _IMAGE_FIELDS:
            raise Complaint(f"Invalid parameter detected. The parameter \"'{field}'\" is not recognized or supported.", param=field)
    if model.takes is None:
        return
    for field in sorted(body.keys() - COMMON_IMAGE_FIELDS - model.takes):
        if field in ("image_url", "reference_images"):
            raise Complaint(f"Unsupported use of '{field}' parameter", code="unsupportedParameter", param=field)
        raise Complaint(f"Invalid parameter detected. The parameter \"'{field}'\" is not recognized or supported.", param=field)


def _image_size(body: Json, model: ImageModel) -> tuple[int, int]:
    ratio = body.get("aspect_ratio")
    if ratio is not None:
        if ratio not in _RATIOS:
            raise Complaint(f"Invalid value for 'aspect_ratio' parameter. Supported values are: {_quoted(_RATIOS)}.", param="aspect_ratio")
        return _RATIOS[str(ratio)]
    area_default = 1024 if model.min_area <= 1024 * 1024 else 1328
    width, height = _whole(body, "width", area_default), _whole(body, "height", area_default)
    if model.sizes is not None and f"{width}x{height}" not in model.sizes:
        text = "Unsupported use of width/height parameters. The specified dimensions are not supported for the selected model."
        raise Complaint(f"{text} Supported values are: {_quoted(model.sizes)}.")
    if not model.min_area <= width * height <= model.max_area or not 1 / 8 <= width / max(height, 1) <= 8:
        low, high = round(model.min_area**0.5), round(model.max_area**0.5)
        text = f"The total area (width × height) must be within the range of {low}×{low} to {high}×{high}."
        raise Complaint(
            f"Invalid dimensions. {text} The aspect ratio must be between 1:4 and 4:1. For example, 768*2700 is a valid resolution."
        )
    if width % 8 or height % 8:
        raise Complaint("Invalid dimensions. Width and height must be multiples of 8.")
    return width, height


def _clip_size(body: Json, model: VideoModel) -> tuple[int, int]:
    if "resolution" not in body and "ratio" not in body:
        width, height = _whole(body, "width", model.width), _whole(body, "height", model.height)
        if not (64 <= width <= 3840 and 64 <= height <= 3840):
            raise Complaint(
                "Unsupported use of width/height parameters. The specified dimensions are not supported for the selected model."
            )
        return width, height
    short = _SHORT_SIDES.get(str(body.get("resolution", "720p")).lower())
    if short is None:
        raise Complaint(f"Invalid value for 'resolution' parameter. Supported values are: {_quoted(_SHORT_SIDES)}.", param="resolution")
    across, down = _CLIP_RATIOS.get(str(body.get("ratio", "16:9")), (0, 0))
    if not across:
        raise Complaint(f"Invalid value for 'ratio' parameter. Supported values are: {_quoted(_CLIP_RATIOS)}.", param="ratio")
    unit = short / min(across, down)
    return round(across * unit / 2) * 2, round(down * unit / 2) * 2


def _no_such_model(name: str) -> Complaint:
    text = (
        f"Unable to access non-serverless model {name}. Please visit https://api.together.ai/models/{name} to create and start a "
        "new dedicated endpoint for the model."
    )
    return Complaint(text, code="model_not_available")


def _text(body: Json, field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value:
        raise Complaint(f"Missing required parameter: '{field}'.", param=field)
    return value


def _whole(body: Json, field: str, default: int) -> int:
    value = body.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Complaint(f"Invalid value for '{field}' parameter. It must be an integer.", param=field)
    return value


def _quoted(values: Iterable[str]) -> str:
    return ",".join(f"'{value}'" for value in values)
