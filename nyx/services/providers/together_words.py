"""Together's complaints turned into a sentence for the person who asked. Only words: no network and no decision about money."""

from __future__ import annotations

import re

_FIELDS = {
    "prompt": "prompt",
    "negative_prompt": "negative prompt",
    "width": "size",
    "height": "size",
    "size": "size",
    "dimensions": "size",
    "resolution": "resolution",
    "ratio": "aspect ratio",
    "aspect_ratio": "aspect ratio",
    "seconds": "length",
    "duration": "length",
    "seed": "seed",
    "steps": "number of steps",
    "guidance_scale": "guidance",
    "image_url": "starting picture",
    "reference_images": "reference pictures",
    "frame_images": "key frames",
    "media": "added pictures",
    "fps": "frame rate",
    "generate_audio": "sound",
    "output_format": "file type",
    "n": "number of pictures",
    "model": "model",
}
_SAFETY = re.compile(r"safety|nsfw|moderat|content polic|flagged|sensitive|prohibited|inappropriate", re.IGNORECASE)
_MODEL = re.compile(r"non-serverless|model_not_available|model .*(not found|not available|does not exist)", re.IGNORECASE)
_LENGTH = re.compile(r"invalid ?duration", re.IGNORECASE)
_SIZE = re.compile(r"dimension|width/height|total area", re.IGNORECASE)
_TOO_LONG = re.compile(r"prompt.*(too long|at most|maximum|exceed)|(too long|exceed).*prompt", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"unsupported|not recognized|not supported|unexpected", re.IGNORECASE)
_QUOTED = re.compile(r"['\"]{1,2}([A-Za-z_.]+)['\"]{1,2}")


def sentence_for(message: str, *, code: str = "", param: str = "") -> str:
    """Say in plain words what the provider objects to and what to do about it."""
    text = f"{code} {message}"
    if _SAFETY.search(text):
        return "The provider's safety check stopped this. Please change the prompt or the pictures and try again."
    if _MODEL.search(text):
        return "This model is not available at the provider right now. Please choose another one."
    if _SIZE.search(text):
        return "This model does not make that size. Please choose another one."
    if _LENGTH.search(text):
        return "This model does not make clips of that length. Please choose another one."
    if _TOO_LONG.search(text):
        return "The prompt is too long for this model. Please shorten it."
    field = field_of(message, param)
    if field and _UNSUPPORTED.search(text):
        return f"This model does not take the {field} you set. Please leave it out and try again."
    if field:
        return f"The provider does not accept the {field} you set. Please change it and try again."
    return "The provider could not make this. Please change the prompt or the settings and try again."


def field_of(message: str, param: str = "") -> str:
    """Name the input that the provider complains about in our own words; empty when it can't be told."""
    for candidate in (param, *_QUOTED.findall(message)):
        name = _snake(candidate.rpartition(".")[2])
        if name in _FIELDS:
            return _FIELDS[name]
    return ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
