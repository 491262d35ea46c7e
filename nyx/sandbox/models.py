"""The models that the sandbox offers, with what each is known to accept. Its own copy: a provider's list is not ours to edit.

Source: the provider's model pages and measured 400 texts (read 2026-11-21). Retired models answer too, so that every model of the
catalogue can be tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_COMMON = frozenset({"model", "prompt", "seed", "n", "response_format", "output_format", "disable_safety_checker"})
_WIDE = frozenset({"width", "height"})
_SIZES_A = "1024x1024 1264x848 848x1264 1200x896 896x1200 928x1152 1152x928 768x1376 1376x768 1584x672 2048x512 512x2048 3072x384 384x3072"


@dataclass(frozen=True, kw_only=True)
class ImageModel:
    """``takes`` are the fields it accepts beside the common ones, None when nobody knows; ``sizes`` None: any multiple of 8."""

    takes: frozenset[str] | None = None
    sizes: tuple[str, ...] | None = None
    min_area: int = 64 * 64
    max_area: int = 6400 * 6400
    max_seed: int = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class VideoModel:
    """Defaults of a model of clips; ``refuses`` are fields it does not take."""

    width: int = 1280
    height: int = 720
    seconds: int = 5
    fps: int = 24
    has_sound: bool = False
    refuses: frozenset[str] = frozenset()


_KNOWN_IMAGES = {
    "google/flash-image-2.5": ImageModel(takes=_WIDE | {"reference_images"}),
    "google/gemini-3-pro-image": ImageModel(takes=_WIDE | {"reference_images"}),
    "google/flash-image-3.1": ImageModel(takes=_WIDE | {"reference_images"}),
    "google/flash-image-3.1-lite": ImageModel(sizes=tuple(_SIZES_A.split())),
    "black-forest-labs/FLUX.2-pro": ImageModel(takes=_WIDE | {"image_url", "reference_images", "prompt_upsampling"}),
    "black-forest-labs/FLUX.2-dev": ImageModel(takes=_WIDE | {"steps", "guidance_scale", "reference_images"}),
    "black-forest-labs/FLUX.2-flex": ImageModel(takes=_WIDE | {"steps", "guidance_scale", "image_url", "reference_images"}),
    # The provider's pages disagree on whether this one takes a starting picture; the friendlier reading.
    "black-forest-labs/FLUX.1.1-pro": ImageModel(takes=_WIDE | {"negative_prompt", "image_url"}),
    "black-forest-labs/FLUX.1-schnell": ImageModel(takes=_WIDE | {"steps", "negative_prompt"}),
    "black-forest-labs/FLUX.1-kontext-pro": ImageModel(takes=frozenset({"steps", "aspect_ratio", "image_url"})),
    "black-forest-labs/FLUX.1-kontext-max": ImageModel(takes=frozenset({"steps", "aspect_ratio", "image_url"})),
    "Wan-AI/Wan2.6-image": ImageModel(min_area=1265 * 1265, max_area=1440 * 1440, max_seed=2**31 - 1),
}
_OTHER_IMAGES = [
    "google/imagen-4.0-ultra",
    "google/imagen-4.0-preview",
    "google/imagen-4.0-fast",
    "black-forest-labs/FLUX.2-max",
    "black-forest-labs/FLUX.1-dev",
    "black-forest-labs/FLUX.1-kontext-dev",
    "black-forest-labs/FLUX.1-krea-dev",
    "black-forest-labs/FLUX.1-canny-pro",
    "ByteDance-Seed/Seedream-4.0",
    "ByteDance-Seed/Seedream-3.0",
    "ByteDance/SeedEdit",
    "ByteDance/Seedream-5.0-lite",
    "Qwen/Qwen-Image",
    "Qwen/Qwen-Image-Edit",
    "Qwen/Qwen-Image-2.0",
    "Qwen/Qwen-Image-2.0-Pro",
    "ideogram/ideogram-3.0",
    "ideogram/ideogram-4.0",
    "HiDream-ai/HiDream-I1-Full",
    "HiDream-ai/HiDream-I1-Dev",
    "HiDream-ai/HiDream-I1-Fast",
    "RunDiffusion/Juggernaut-pro-flux",
    "Rundiffusion/Juggernaut-Lightning-Flux",
    "stabilityai/stable-diffusion-3-medium",
    "stabilityai/stable-diffusion-xl-base-1.0",
    "Lykon/DreamShaper",
    "openai/gpt-image-2",
    "openai/gpt-image-1.5",
    "prunaai/p-image-ideogram",
]
_HD = VideoModel(width=1920, height=1080)
_PLAIN = VideoModel()
_TEXT_ONLY = VideoModel(refuses=frozenset({"media", "frame_images", "reference_images"}))
_VEO = VideoModel(seconds=8)
_VEO_SOUND = VideoModel(seconds=8, has_sound=True)
_KLING = VideoModel(refuses=frozenset({"negative_prompt"}))
_WAN = VideoModel(width=1920, height=1080, fps=30, refuses=frozenset({"width", "height"}))
_VIDEOS = {
    "google/veo-3.0": _VEO,
    "google/veo-3.0-fast": _VEO,
    "google/veo-3.0-audio": _VEO_SOUND,
    "google/veo-3.0-fast-audio": _VEO_SOUND,
    "google/veo-3.1": _VEO_SOUND,
    "google/veo-3.1-lite": _VEO_SOUND,
    "google/veo-2.0": _PLAIN,
    "openai/sora-2": _VEO,
    "openai/sora-2-pro": _VEO,
    "minimax/video-01-director": VideoModel(width=1366, height=768, fps=25),
    "minimax/hailuo-02": VideoModel(width=1366, height=768, fps=25, seconds=10),
    "ByteDance/Seedance-1.0-pro": VideoModel(width=1248, height=704),
    "ByteDance/Seedance-1.0-lite": VideoModel(width=1248, height=704),
    "ByteDance/Seedance-2.0": VideoModel(has_sound=True, refuses=frozenset({"width", "height"})),
    "ByteDance/Seedance-2.5": VideoModel(has_sound=True, refuses=frozenset({"width", "height", "ratio"})),
    "kwaivgI/kling-2.1-master": _HD,
    "kwaivgI/kling-2.1-pro": _HD,
    "kwaivgI/kling-2.1-standard": _PLAIN,
    "kwaivgI/kling-2.0-master": _KLING,
    "kwaivgI/kling-1.6-pro": _HD,
    "kwaivgI/kling-1.6-standard": _PLAIN,
    "pixverse/pixverse-v5": _PLAIN,
    "pixverse/pixverse-v5.6": _PLAIN,
    "pixverse/pixverse-v6": _PLAIN,
    "Wan-AI/Wan2.2-T2V-A14B": _TEXT_ONLY,
    "Wan-AI/Wan2.2-I2V-A14B": _PLAIN,
    "Wan-AI/wan2.7-t2v": _WAN,
    "Wan-AI/wan2.7-i2v": _WAN,
    "Wan-AI/wan2.7-r2v": _WAN,
    "vidu/vidu-2.0": VideoModel(seconds=8),
    "vidu/vidu-q1": _HD,
    "vidu/vidu-q3": _PLAIN,
    "vidu/vidu-q3-turbo": _PLAIN,
    "alibaba/happyhorse-1.1-t2v": _TEXT_ONLY,
    "alibaba/happyhorse-1.1-i2v": _PLAIN,
    "black-forest-labs/FLUX-3": _PLAIN,
    "MiniMaxAI/MiniMax-H3": _PLAIN,
}

COMMON_IMAGE_FIELDS = _COMMON
IMAGE_MODELS: Mapping[str, ImageModel] = MappingProxyType(_KNOWN_IMAGES | {name: ImageModel() for name in _OTHER_IMAGES})
VIDEO_MODELS: Mapping[str, VideoModel] = MappingProxyType(_VIDEOS)
