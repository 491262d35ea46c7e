"""The schema: what the migrations make is what the models say, and an upgrade is all or nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import CheckConstraint, Connection, inspect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel

import nyx.models  # noqa: F401 - fills the metadata
from nyx.db import newest_revision, upgrade
from tests.support.postgres import PostgresCluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """A database without any schema."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/empty.db"
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    return cluster.url(cluster.create())


@pytest.fixture
async def engine(empty_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(empty_url)
    yield engine
    await engine.dispose()


async def tables(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda it: inspect(it).get_table_names()))


def is_in_models(_: object, name: str | None, kind: str, reflected: bool, __: object) -> bool:
    """Everything but the search indexes, which each database has in its own way: what they find is tested by TestSearch."""
    return not (reflected and (name or "").startswith(("media_words", "generation_words")))


def differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": False, "include_object": is_in_models}
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, SQLModel.metadata)


def checks(connection: Connection) -> set[tuple[str, str | None]]:
    inspector = inspect(connection)
    return {(table, check["name"]) for table in inspector.get_table_names() for check in inspector.get_check_constraints(table)}


class TestUpgrade:
    @pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLite can't reflect credit_entry_once; see the test below
    async def test_makes_what_the_models_say(self, empty_url: str, engine: AsyncEngine) -> None:
        await upgrade(empty_url)
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []

    async def test_makes_the_index_that_keeps_an_entry_from_being_written_twice(self, empty_url: str, engine: AsyncEngine) -> None:
        await upgrade(empty_url)
        catalog = "sqlite_master WHERE name" if empty_url.startswith("sqlite") else "pg_indexes WHERE indexname"
        column = "sql" if empty_url.startswith("sqlite") else "indexdef"
        async with engine.connect() as connection:
            definition = (await connection.exec_driver_sql(f"SELECT {column} FROM {catalog} = 'credit_entry_once'")).scalar_one()
        assert "UNIQUE" in definition
        assert "coalesce" in definition.lower()

    async def test_makes_every_check_that_the_models_name(self, empty_url: str, engine: AsyncEngine) -> None:
        await upgrade(empty_url)
        named = {
            (table.name, str(constraint.name))
            for table in SQLModel.metadata.tables.values()
            for constraint in table.constraints
            if isinstance(constraint, CheckConstraint)
        }
        async with engine.connect() as connection:
            assert await connection.run_sync(checks) == named

    async def test_can_be_repeated(self, empty_url: str, engine: AsyncEngine) -> None:
        await upgrade(empty_url)
        before = await tables(engine)
        await upgrade(empty_url)
        assert await tables(engine) == before
        async with engine.connect() as connection:
            versions = (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).scalars().all()
        assert versions == [newest_revision()]

    async def test_interrupted_in_the_middle_leaves_the_old_state(
        self, empty_url: str, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class PowerCut(BaseException):
            pass

        create = Operations.create_table
        made: list[str] = []

        def cut_after_three(self: Operations, name: str, *args: Any, **kwargs: Any) -> Any:
            if len(made) == 3:
                raise PowerCut
            made.append(name)
            return create(self, name, *args, **kwargs)

        with monkeypatch.context() as patched:
            patched.setattr(Operations, "create_table", cut_after_three)
            with pytest.raises(PowerCut):
                await upgrade(empty_url)

        assert await tables(engine) == set()
        await upgrade(empty_url)
        assert set(made) < await tables(engine)
