"""The world outside the process: a provider with every fault, and a disk. Both outlive a crash."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from nyx.errors import NotFound, OutcomeUnknown, ProviderMisbehaved, ProviderRejected, ProviderUnavailable
from nyx.services.media.service import BadFile, media_id_of
from nyx.services.media.views import StoredOutput
from nyx.services.providers.base import Answer, Delivered, Downloaded, ImageRequest, MediaRequest, Pending, Refused
from tests.crash.simulation.process import Process

LINK_LIVES_S = 1800.0
_MANY_POLLS, _IN_S = 25, 60.0  # a crash or a dead link makes for a quick second one; more is a storm
Key = tuple[int | None, str]
"""What tells jobs apart at the provider: seed and prompt."""


@dataclass(kw_only=True)
class Work:
    """One accepted request, and what the provider will do about it."""

    id: str
    key: Key
    done_at: float
    fate: str  # delivered, refused, never, silent or forgotten
    file: bytes = field(repr=False)
    link: str = ""
    link_dies_at: float = 0.0
    dead_links: int = 0
    polls: list[float] = field(default_factory=list, repr=False)


@dataclass
class History:
    """What the provider saw of one job, whatever the application believes. Times are virtual seconds."""

    calls: list[float] = field(default_factory=list)
    accepted: int = 0
    refusals: int = 0
    unavailable: int = 0
    lost_at: float | None = None
    work: Work | None = None


class FakeProvider:
    """Keeps its promises as badly as a real one may. ``process`` is the caller of the moment."""

    key = "together"

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._works: dict[str, Work] = {}
        self._links: dict[str, Work] = {}
        self.seen: dict[Key, History] = {}
        self.disk = Disk()
        self.process: Process
        self.faults: Counter[str] = Counter()
        self.hurried: list[str] = []
        self.unavailable_until = 0.0

    async def submit(self, request: MediaRequest) -> Answer:
        """Accept, refuse or lose the call; a picture is answered when it is done."""
        history = self.seen.setdefault((request.seed, request.prompt), History())
        history.calls.append(_now())
        await self._travel()
        await self._refuse_at_the_door(history)
        if self._happens("lost on the way", 0.01):
            await self._lose(history)
        work = self._accept((request.seed, request.prompt), is_picture=isinstance(request, ImageRequest))
        history.accepted += 1
        history.work = work
        self.process.step()
        if isinstance(request, ImageRequest):
            await asyncio.sleep(max(work.done_at - _now(), 0.0))
        await self._travel()
        if self._happens("answer lost", 0.02) or (work.fate in ("never", "silent") and isinstance(request, ImageRequest)):
            await self._lose(history)
        return (
            self._verdict(work)
            if isinstance(request, ImageRequest) or self._happens("done at once", 0.02)
            else Pending(provider_job_id=work.id)
        )

    async def poll(self, provider_job_id: str) -> Answer:
        """Tell how a clip goes, or fail to."""
        work = self._works[provider_job_id]
        self._watch_pace(work)
        await self._travel()
        if work.fate == "forgotten":
            raise NotFound("The provider does not know this job.")
        if work.fate == "silent" or _now() < self.unavailable_until or self._happens("poll refused", 0.05):
            raise ProviderUnavailable("Busy.")
        if self._happens("poll hangs", 0.01):
            await asyncio.sleep(30)
            raise ProviderUnavailable("No answer.")
        if self._happens("poll misbehaves", 0.01):
            raise ProviderMisbehaved("Broken.")
        if work.fate == "never" or _now() < work.done_at or self._happens("status goes back", 0.02):
            return Pending(provider_job_id=work.id)
        return self._verdict(work)

    async def download(self, url: str, *, into: Path, max_bytes: int) -> Downloaded:
        """Hand over the file, a part of it, or nothing."""
        await self._travel()
        work = self._links[url]
        if _now() < self.unavailable_until or self._happens("download refused", 0.04):
            raise ProviderUnavailable("Busy.")
        if url != work.link or _now() >= work.link_dies_at:
            self.faults["expired link"] += 1
            raise NotFound("Expired.")
        data = work.file[: len(work.file) // 2] if self._happens("cut off", 0.04) else work.file
        self.process.step()
        self.disk.files[str(into)] = data
        return Downloaded(path=into, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), head=data[:64])

    async def _refuse_at_the_door(self, history: History) -> None:
        if _now() < self.unavailable_until or self._happens("busy", 0.1):
            history.unavailable += 1
            await asyncio.sleep(self._chance.choice((0.0, self._chance.uniform(0, 8))))
            raise ProviderUnavailable("Busy.", retry_after_s=self._chance.choice((None, 1.0, 30.0)))
        if self._happens("rejected", 0.02):
            history.refusals += 1
            raise ProviderRejected("Not this.")
        if self._happens("broken", 0.02):
            history.refusals += 1
            raise ProviderMisbehaved("Broken.")

    async def _lose(self, history: History) -> None:
        await asyncio.sleep(self._chance.uniform(0, 300))
        history.lost_at = _now()
        raise OutcomeUnknown("Lost.")

    def _accept(self, key: Key, *, is_picture: bool) -> Work:
        takes_s = self._chance.uniform(1, 25) if is_picture else self._chance.lognormvariate(4.5, 0.8)
        fates = ("delivered", "refused", "never", "silent", "forgotten")
        fate = self._chance.choices(fates, (88, 5, 1, 2, 0 if is_picture else 1))[0]
        size = self._chance.randint(20, 60)
        work = Work(id=f"work-{len(self._works)}", key=key, done_at=_now() + takes_s, fate=fate, file=_file(key, size))
        if not is_picture:
            work.dead_links = self._chance.choices((0, 1, 10**6), (93, 5, 2))[0]
        self._works[work.id] = work
        return work

    def _verdict(self, work: Work) -> Answer:
        if work.fate == "refused":
            return Refused(sentence="It did not work.", provider_job_id=work.id)
        if _now() >= work.link_dies_at:
            work.link = f"https://files.invalid/{work.id}/{len(self._links)}"
            work.link_dies_at = _now() + (0.0 if work.dead_links else LINK_LIVES_S)
            work.dead_links = max(work.dead_links - 1, 0)
            self._links[work.link] = work
        return Delivered(url=work.link, provider_job_id=work.id, cost_usd_micros=1000)

    def _watch_pace(self, work: Work) -> None:
        work.polls.append(_now())
        if len(work.polls) >= _MANY_POLLS and _now() - work.polls[-_MANY_POLLS] < _IN_S:
            self.hurried.append(f"{work.id} was polled {_MANY_POLLS} times within {_IN_S:g} s")

    async def _travel(self) -> None:
        self.process.step()
        await asyncio.sleep(self._chance.expovariate(8))

    def _happens(self, fault: str, probability: float) -> bool:
        happens = self._chance.random() < probability
        self.faults[fault] += happens
        return happens


@dataclass
class Disk:
    """Files by name, temporary ones among them."""

    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, key: str) -> bytes | None:
        """A stored file, or None."""
        return self.files.get(key)


class Shelf:
    """Stands in for MediaService: what the engine uses of it, on the simulated disk."""

    def __init__(self, disk: Disk, process: Process) -> None:
        self._disk = disk
        self._process = process
        self._serial = 0

    def temporary(self) -> Path:
        """A name to download to."""
        self._serial += 1
        return Path(f"tmp/{self._serial}")

    async def receive(self, data: bytes) -> Downloaded:
        """Never called: this provider sends links."""
        raise AssertionError("a link was promised, not data")

    async def store_output(
        self, downloaded: Downloaded, *, owner_id: str, generation_id: str, output_index: int, expect: str, **_origin: object
    ) -> StoredOutput:
        """Judge and keep a file, dying before or after the rename now and then. Raises: BadFile."""
        data = self._disk.files.pop(str(downloaded.path))
        if not _is_whole(data):
            raise BadFile("The file is cut off.")
        key = f"{owner_id}/{generation_id}-{output_index}"
        await asyncio.sleep(0.01)
        self._process.step()
        self._disk.files[key] = data
        self._process.step()
        return StoredOutput(
            media_id=media_id_of(generation_id=generation_id, output_index=output_index),
            content_type="image/png" if expect == "image" else "video/mp4",
            storage_key=key,
            size_bytes=downloaded.size_bytes,
            sha256=downloaded.sha256,
            width_px=1,
            height_px=1,
            duration_ms=None,
            blur="",
        )

    async def discard(self, stored: StoredOutput) -> None:
        """What was let go meanwhile."""
        self._disk.files.pop(stored.storage_key, None)

    async def make_thumbnails(self, media_id: str) -> None:
        """Pictures are not simulated."""
        await asyncio.sleep(0)

    async def prepare_marked(self, media_id: str) -> None:
        """Nor are marks."""

    async def make_missing_thumbnails(self, limit: int = 20) -> int:
        """Pictures are not simulated."""
        return 0


def file_of(work: Work) -> bytes:
    """What a creator must have in the end."""
    return work.file


def _file(key: Key, size: int) -> bytes:
    body = f"{key}".encode() * size
    return len(body).to_bytes(8, "big") + body


def _is_whole(data: bytes) -> bool:
    return int.from_bytes(data[:8], "big") == len(data) - 8


def _now() -> float:
    return asyncio.get_running_loop().time()
