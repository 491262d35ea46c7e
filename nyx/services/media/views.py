"""What callers get of media: frozen, and safe to keep for hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

MediaKind = Literal["image", "video"]


class Variant(StrEnum):
    """Which file of one media."""

    ORIGINAL = "original"
    THUMB = "thumb"  # WebP, at most 384 pixels
    PREVIEW = "preview"  # WebP, at most 1024 pixels; of a clip it is the poster
    CLIP_PREVIEW = "clip-preview"  # MP4 without sound: the first seconds of a clip, small


@dataclass(frozen=True, kw_only=True)
class StoredOutput:
    """A file that is durable under its key, and what is in it; its row is written by ``insert_media``."""

    media_id: str
    content_type: str
    storage_key: str
    size_bytes: int
    sha256: str
    width_px: int
    height_px: int
    duration_ms: int | None
    blur: str


@dataclass(frozen=True, kw_only=True)
class MediaView:
    """One finished output with what it was made from. ``settings`` is the frozen request; ``price_credits`` what this output cost."""

    id: str
    generation_id: str
    output_index: int
    content_type: str
    size_bytes: int
    width_px: int
    height_px: int
    duration_ms: int | None
    blur: str
    has_thumbnails: bool
    created_at: datetime
    prompt: str
    capability: str
    model_key: str
    settings: Mapping[str, Any]
    seed: int | None
    price_credits: int
    is_favourite: bool = False
    deleted_at: datetime | None = None

    @property
    def is_clip(self) -> bool:
        """True for video."""
        return self.content_type.startswith("video/")

    def url(self, variant: Variant = Variant.ORIGINAL) -> str:
        """The private address of one of its files."""
        return f"/media/{self.id}/{variant}"


@dataclass(frozen=True, kw_only=True)
class UploadView:
    """A picture that its owner brought along. ``created_at`` is when it was last uploaded; ``blur`` is a data URL."""

    id: str
    content_type: str
    size_bytes: int
    width_px: int
    height_px: int
    blur: str
    has_thumbnails: bool
    created_at: datetime

    def url(self, variant: Variant = Variant.ORIGINAL) -> str:
        """The private address of one of its files."""
        return f"/media/{self.id}/{variant}"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which of an owner's media, and in which order. ``words`` are searched in the prompts; ``until`` is not included."""

    words: str = ""
    kind: MediaKind | None = None
    model_key: str | None = None
    is_favourite: bool = False
    since: datetime | None = None
    until: datetime | None = None
    collection_id: str | None = None
    in_trash: bool = False
    oldest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class MediaPage:
    """A stretch of the gallery. ``after`` is where the next one begins: opaque, safe in an address, None at the end."""

    items: tuple[MediaView, ...]
    after: str | None


@dataclass(frozen=True, kw_only=True)
class SharedPage(MediaPage):
    """A stretch of a shared collection of ``count`` files; the first of ``items`` is in ``place``, from 1."""

    count: int
    place: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How many files an owner has in the gallery and in the trash, and what all of them take up on the disk, uploads too."""

    in_gallery: int
    in_trash: int
    used_bytes: int


@dataclass(frozen=True, kw_only=True)
class CollectionView:
    """``count`` and ``cover`` (the id of a media, if there is any) leave out what is in the trash. ``views``: by others."""

    id: str
    name: str
    count: int
    cover: str | None
    share_token: str | None
    views: int
    created_at: datetime

    @property
    def is_shared(self) -> bool:
        """Whether everybody who has the address may look."""
        return self.share_token is not None


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file to send. ``etag`` is quoted and strong; ``is_final`` is false where a better file will take this address later."""

    path: Path
    content_type: str
    etag: str
    filename: str
    size_bytes: int
    is_final: bool = True
    """False too for what carries the mark: after an upgrade the clean file takes its address."""
