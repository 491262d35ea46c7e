"""The fields of Together's requests that we use, in our own words: what a body of ours may look like at most."""

from __future__ import annotations

IMAGE_BODY: dict[str, object] = {
    "type": "object",
    "required": ["model", "prompt", "response_format", "output_format"],
    "additionalProperties": False,
    "properties": {
        "model": {"type": "string", "minLength": 3},
        "prompt": {"type": "string", "minLength": 1, "maxLength": 5000},
        "seed": {"type": "integer", "minimum": 0},
        "width": {"type": "integer", "minimum": 64},
        "height": {"type": "integer", "minimum": 64},
        "aspect_ratio": {"type": "string", "pattern": r"^\d+:\d+$"},
        "negative_prompt": {"type": "string", "maxLength": 2000},
        "steps": {"type": "integer", "minimum": 1},
        "guidance_scale": {"type": "number"},
        "image_url": {"type": "string", "pattern": "^(https?|data):"},
        "reference_images": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^(https?|data):"}},
        "output_format": {"enum": ["jpeg", "png"]},
        "response_format": {"const": "url"},
    },
}

VIDEO_BODY: dict[str, object] = {
    "type": "object",
    "required": ["model", "prompt", "output_format"],
    "additionalProperties": False,
    "properties": {
        "model": {"type": "string", "minLength": 3},
        "prompt": {"type": "string", "minLength": 1, "maxLength": 5000},
        "seed": {"type": "integer", "minimum": 0},
        "seconds": {"type": "string", "pattern": r"^\d{1,2}$"},
        "width": {"type": "integer", "minimum": 64},
        "height": {"type": "integer", "minimum": 64},
        "resolution": {"type": "string"},
        "ratio": {"type": "string", "pattern": r"^\d+:\d+$"},
        "fps": {"type": "integer", "minimum": 1},
        "steps": {"type": "integer", "minimum": 10, "maximum": 50},
        "guidance_scale": {"type": "integer"},
        "negative_prompt": {"type": "string", "maxLength": 2000},
        "generate_audio": {"type": "boolean"},
        "output_format": {"enum": ["MP4", "WEBM"]},
        "media": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                "frame_images": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["input_image", "frame"],
                        "additionalProperties": False,
                        "properties": {
                            "input_image": {"type": "string", "not": {"pattern": "^data:"}},
                            "frame": {"enum": ["first", "last"]},
                        },
                    },
                },
                "reference_images": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            },
        },
    },
}

CHAT_BODY: dict[str, object] = {
    "type": "object",
    "required": ["model", "messages", "max_tokens", "temperature", "reasoning"],
    "additionalProperties": False,
    "properties": {
        "model": {"type": "string", "minLength": 3},
        "messages": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {
                "type": "object",
                "required": ["role", "content"],
                "additionalProperties": False,
                "properties": {"role": {"enum": ["system", "user"]}, "content": {"type": "string", "minLength": 1}},
            },
        },
        "max_tokens": {"type": "integer", "minimum": 1},
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
        "reasoning": {"const": {"enabled": False}},
    },
}
