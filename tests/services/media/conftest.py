"""A media service on a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nyx.bus import MemoryBus
from nyx.clock import SeededRandom
from nyx.db import Database
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
