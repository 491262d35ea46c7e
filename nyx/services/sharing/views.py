"""What callers get of shared media: frozen, and safe to keep for hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class ShareLinkView:
    """A link as its owner sees it."""

    token: str
    media_id: str
    shows_prompt: bool
    allows_download: bool
    views: int
    created_at: datetime

    @property
    def path(self) -> str:
        """Where the world finds it."""
        return f"/share/{self.token}"


@dataclass(frozen=True, kw_only=True)
class SharedMedia:
    """What everybody with the link may know. ``prompt`` is empty where its owner keeps it; ``model_key`` where no model made it."""

    token: str
    owner_id: str
    media_id: str
    content_type: str
    width_px: int
    height_px: int
    duration_ms: int | None
    blur: str
    has_thumbnails: bool
    made_at: datetime
    model_key: str
    prompt: str
    allows_download: bool

    @property
    def is_clip(self) -> bool:
        """True for video."""
        return self.content_type.startswith("video/")
