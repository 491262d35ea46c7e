"""The services of media on a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nyx.bus import MemoryBus
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.services.media.clip_formats import ClipFormats
from nyx.services.media.collections import MediaCollections
from nyx.services.media.conversions import Formats
from nyx.services.media.downloads import Downloads
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from tests.support.clock import FakeClock


@pytest.fixture
def storage(tmp_path: Path, random: SeededRandom) -> LocalStorage:
    return LocalStorage(tmp_path / "media", random)


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def media(db: Database, storage: LocalStorage, clock: FakeClock, bus: MemoryBus) -> Iterator[MediaService]:
    service = MediaService(db=db, storage=storage, clock=clock, bus=bus)
    yield service
    service.close()


@pytest.fixture
def clip_formats(storage: LocalStorage, clock: FakeClock, bus: MemoryBus) -> Iterator[ClipFormats]:
    service = ClipFormats(storage=storage, clock=clock, bus=bus)
    yield service
    service.close()


@pytest.fixture
def formats(db: Database, clip_formats: ClipFormats) -> Formats:
    return Formats(db=db, makers={"mp4": clip_formats, "webm": clip_formats})


@pytest.fixture
def library(db: Database, clock: FakeClock, bus: MemoryBus) -> MediaLibrary:
    return MediaLibrary(db=db, clock=clock, bus=bus)


@pytest.fixture
def collections(db: Database, clock: FakeClock, random: SeededRandom, bus: MemoryBus) -> MediaCollections:
    return MediaCollections(db=db, clock=clock, random=random, bus=bus)


@pytest.fixture
def downloads(db: Database, storage: LocalStorage, clock: FakeClock, random: SeededRandom) -> Iterator[Downloads]:
    service = Downloads(db=db, storage=storage, clock=clock, random=random)
    yield service
    service.close()
