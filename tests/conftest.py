"""Fixtures for every test: both databases, a clock that stands still, repeatable chance, no network."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from nyx.clock import SeededRandom
from nyx.db import Database, open_database, upgrade
from tests.support.clock import FakeClock
from tests.support.network import allow_network, block_network
from tests.support.threads import in_thread

pytest_plugins = ["tests.support.postgres", "tests.support.server", "tests.support.browser", "tests.support.app"]

# Repeatable, and patient on a busy machine; a campaign may load a profile of its own.
settings.register_profile("nyx", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nyx")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps a loop running in this thread, and no other asynchronous test could start."""
    for item in items:
        if "browser" in item.path.relative_to(item.config.rootpath).parts:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("live"):
        yield
        return
    block_network()
    yield
    allow_network()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def random() -> SeededRandom:
    return SeededRandom(20_260_115)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "nyx.db"
    in_thread(upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite file."""
    path = tmp_path / "nyx.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database: every test that uses it runs on both."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The open door to a fresh, migrated database, on SQLite and on PostgreSQL."""
    async with open_database(database_url) as database:
        yield database


@pytest.fixture
async def sqlite_db(sqlite_url: str) -> AsyncIterator[Database]:
    """The open door to a fresh SQLite file, for tests whose subject is not the database."""
    async with open_database(sqlite_url) as database:
        yield database
