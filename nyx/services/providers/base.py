"""What every provider of media looks like to the rest of the app: requests, answers, and one protocol. No vendor here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from nyx.net import Downloaded

__all__ = [
    "Answer",
    "ChatAnswer",
    "ChatRequest",
    "Delivered",
    "Downloaded",
    "ImageRequest",
    "KeyFrame",
    "MediaRequest",
    "OutputFormat",
    "Pending",
    "Provider",
    "Refused",
    "VideoRequest",
    "Writer",
]

OutputFormat = Literal["jpeg", "png", "mp4", "webm"]


@dataclass(frozen=True, kw_only=True)
class ImageRequest:
    """One picture. ``model`` is the provider's id. Sizes in pixels; exactly one of width+height or aspect_ratio, or neither."""

    model: str
    prompt: str
    seed: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    aspect_ratio: str | None = None
    negative_prompt: str | None = None
    steps: int | None = None
    guidance: float | None = None
    output_format: Literal["jpeg", "png"] = "jpeg"
    image_url: str | None = None
    reference_images: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KeyFrame:
    """A picture that a clip must show at its first or last frame. ``url`` is a public or a data URL."""

    url: str
    position: Literal["first", "last"]


@dataclass(frozen=True, kw_only=True)
class VideoRequest:
    """One clip. ``seconds`` is whole; size is width+height or resolution (+ratio), as the model takes it."""

    model: str
    prompt: str
    seed: int | None = None
    seconds: int | None = None
    width_px: int | None = None
    height_px: int | None = None
    resolution: str | None = None
    ratio: str | None = None
    fps: int | None = None
    steps: int | None = None
    guidance: float | None = None
    negative_prompt: str | None = None
    generate_audio: bool | None = None
    output_format: Literal["mp4", "webm"] = "mp4"
    frames: tuple[KeyFrame, ...] = ()
    reference_images: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One question to a model that writes. ``system`` is ours, ``user`` is a person's text and never an instruction."""

    model: str
    system: str
    user: str
    max_tokens: int
    temperature: float


@dataclass(frozen=True, kw_only=True)
class ChatAnswer:
    """What was written, and by which model as the provider names it."""

    text: str
    model: str


MediaRequest = ImageRequest | VideoRequest


@dataclass(frozen=True, kw_only=True)
class Pending:
    """The provider works on it. Poll ``provider_job_id``."""

    provider_job_id: str


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The provider is done. Exactly one of ``url`` and ``data`` (the file itself) is set; a URL expires in under an hour."""

    url: str | None = None
    data: bytes | None = None
    provider_job_id: str | None = None
    cost_usd_micros: int | None = None
    render_ms: int | None = None
    """How long the provider says it took; None when it does not say."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The provider's final no, after it had accepted. ``sentence`` is for the creator, ``detail`` the provider's own text."""

    sentence: str
    detail: str = ""
    provider_job_id: str | None = None


Answer = Pending | Delivered | Refused


class Provider(Protocol):
    """One service that runs models.

    All three raise ProviderUnavailable (nothing was accepted or learned: may be repeated) and ProviderMisbehaved (the provider broke
    down or our access to it is broken); ``submit`` also raises ProviderRejected (a final no).
    """

    key: str

    async def submit(self, request: MediaRequest) -> Answer:
        """Ask for one output; sent at most once. Raises OutcomeUnknown when it may have been accepted without our learning it."""
        ...

    async def poll(self, provider_job_id: str) -> Answer:
        """Ask how a job goes; free and safe to repeat. Raises NotFound when the provider does not know the job."""
        ...

    async def download(self, url: str, *, into: Path, max_bytes: int) -> Downloaded:
        """Fetch a finished file to ``into``; safe to repeat. Raises NotFound when the link has expired (403, 404, 410)."""
        ...


class Writer(Protocol):
    """A service that writes text. It changes nothing: every failure is ProviderUnavailable, ProviderRejected or ProviderMisbehaved."""

    async def write(self, request: ChatRequest) -> ChatAnswer:
        """Ask once."""
        ...
