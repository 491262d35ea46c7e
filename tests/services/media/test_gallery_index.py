"""How SQLite reads the gallery: from which index each view comes, and what keeps the index of words true."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from nyx.bus import MemoryBus
from nyx.db import Database, open_database, upgrade
from nyx.services.media import listing
from nyx.services.media.library import MediaLibrary
from nyx.services.media.views import Filters
from tests.services.media.kit import MODEL, OWNER, add_people, fill
from tests.support.clock import START, FakeClock


@pytest.fixture
async def library(sqlite_db: Database, clock: FakeClock, bus: MemoryBus) -> MediaLibrary:
    """Of an owner who has nothing yet."""
    await add_people(sqlite_db)
    return MediaLibrary(db=sqlite_db, clock=clock, bus=bus)


class TestWords:
    async def test_forgets_what_is_purged_and_what_is_deleted(self, sqlite_db: Database, library: MediaLibrary) -> None:
        purged, deleted = await fill(sqlite_db, "a fox", "an owl")
        await library.trash(owner_id=OWNER, media_ids=[purged])
        await library.empty_trash(owner_id=OWNER)
        await sqlite_db.write(lambda tx: tx.execute("DELETE FROM media WHERE id = :id", id=deleted))
        count = "SELECT (SELECT count(*) FROM media_words_row), (SELECT count(*) FROM media_words WHERE media_words MATCH 'fox OR owl')"
        async with sqlite_db.read() as session:
            assert (await (await session.connection()).execute(text(count))).one() == (0, 0)

    async def test_stands_a_vacuum(self, sqlite_db: Database, sqlite_url: str, library: MediaLibrary) -> None:
        first, *_ = await fill(sqlite_db, "fox", "owl", "elk")
        await sqlite_db.write(lambda tx: tx.execute("DELETE FROM media WHERE id = :id", id=first))
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"))) as other:
            other.execute("VACUUM")
        page = await library.page(owner_id=OWNER, filters=Filters(words="owl"))
        assert [view.prompt for view in page.items] == ["owl"]


class TestPlans:
    """Every view of the gallery is read in order from an index: at 50,000 rows nothing is sorted and no table is read through."""

    VIEWS = (
        (Filters(), "media_in_gallery"),
        (Filters(oldest_first=True), "media_in_gallery"),
        (Filters(kind="image"), "media_pictures"),
        (Filters(kind="video"), "media_clips"),
        (Filters(model_key=MODEL), "media_by_model"),
        (Filters(is_favourite=True), "media_favourites"),
        (Filters(in_trash=True), "media_in_trash"),
        (Filters(since=START, until=START), "media_in_gallery"),
        (Filters(collection_id="c"), "collection_in_order"),
        (Filters(words="fox rain"), "w VIRTUAL TABLE INDEX"),
        (Filters(words="fox", kind="video", collection_id="c"), "w VIRTUAL TABLE INDEX"),
        (Filters(words="fox", in_trash=True), "w VIRTUAL TABLE INDEX"),
    )

    @pytest.mark.parametrize(("filters", "index"), VIEWS)
    @pytest.mark.parametrize("is_first", [True, False])
    async def test_are_read_in_order_from_their_index(self, sqlite_db: Database, filters: Filters, index: str, is_first: bool) -> None:
        query = listing.query_of(filters, owner_id=OWNER, is_sqlite=True)
        if not is_first:
            query = listing.from_cursor(query, "5-" + "a" * 32, oldest_first=filters.oldest_first)
        plan = await explained(sqlite_db, query.sql(oldest_first=filters.oldest_first), **query.params, limit=49)
        assert index in plan[0]
        assert [line for line in plan if "TEMP B-TREE" in line or (line.startswith("SCAN") and "VIRTUAL TABLE" not in line)] == []

    async def test_figures_come_from_an_index_alone(self, sqlite_db: Database) -> None:
        (plan,) = await explained(sqlite_db, listing.FIGURES, owner_id=OWNER)
        assert plan == "SEARCH m USING COVERING INDEX media_figures (owner_id=?)"

    async def test_the_next_model_is_looked_up(self, sqlite_db: Database) -> None:
        plan = await explained(sqlite_db, listing.MODEL_KEYS, owner_id=OWNER)
        assert [line for line in plan if line.startswith("SEARCH")] == [
            "SEARCH m USING INDEX media_by_model (owner_id=? AND model_key>?)"
        ] * 2


async def explained(db: Database, sql: str, **params: object) -> list[str]:
    """The steps of a statement, the outermost first."""
    async with db.read() as session:
        rows = await (await session.connection()).execute(text(f"EXPLAIN QUERY PLAN {sql}"), params)
        return [row.detail for row in rows]


class TestUpgrade:
    async def test_what_was_there_before_can_be_found_and_filtered(self, tmp_path: Path, clock: FakeClock, bus: MemoryBus) -> None:
        path = tmp_path / "old.db"
        url = f"sqlite+aiosqlite:///{path}"
        await upgrade(url, revision="0001")
        with closing(sqlite3.connect(path)) as old, old:
            old.execute(f"INSERT INTO app_user (id, email, password_hash, created_at) VALUES ('{OWNER}', 'a', 'x', 1)")
            old.execute(
                "INSERT INTO credit_hold (id, owner_id, key, amount, captured, status, expires_at, created_at)"
                f" VALUES ('h', '{OWNER}', 'k', 2, 2, 'captured', 1, 1)"
            )
            old.execute(
                "INSERT INTO generation (id, owner_id, draft_key, request_hash, capability, model_key, prompt, settings, outputs,"
                " unit_price_credits, price_credits, hold_id, open_jobs, created_at)"
                f" VALUES ('g', '{OWNER}', 'k', 'x', 'text-to-image', '{MODEL}', 'a fox in the rain', '{{}}', 1, 2, 2, 'h', 0, 1)"
            )
            old.execute(
                "INSERT INTO media (id, owner_id, origin, generation_id, output_index, content_type, storage_key, size_bytes, sha256,"
                f" width_px, height_px, created_at) VALUES ('m', '{OWNER}', 'output', 'g', 0, 'image/jpeg', 'k', 9, 's', 4, 3, 5)"
            )
        async with open_database(url) as db:
            library = MediaLibrary(db=db, clock=clock, bus=bus)
            for filters in (Filters(words="fox"), Filters(model_key=MODEL), Filters(kind="image")):
                page = await library.page(owner_id=OWNER, filters=filters)
                assert [view.id for view in page.items] == ["m"], filters
