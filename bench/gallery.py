"""The gallery with 50,000 files against 500: reading a page, the first cards, scrolling, memory; and search in 100,000 prompts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import uvloop
from playwright.sync_api import Browser, CDPSession, Page, StorageState
from sqlalchemy import text

from bench import gallery_rows
from bench.browser import chromium, new_context, sign_up
from bench.measure import Scale, median, percentile, ratio
from bench.people import open_accounts
from bench.report import Outcome, Row, at_most
from bench.server import MAIN, running
from nyx.bus import MemoryBus
from nyx.clock import SystemClock
from nyx.db import Database, open_database
from nyx.services.media.library import MediaLibrary
from nyx.services.media.views import Filters
from nyx.services.media.words import fts5_query, words_of

_PATH = "/dashboard/gallery"
_BAR = 1.3
_SEARCH_BAR = 2.0
_FLAT_BAR = 1.3
_PAGE = 48
_SEARCHES = (
    "fox",
    "heron lake",
    "postcard",
    "soft col",
    "otter harbour dawn",
    "w0007x",
    "w1234x",
    "w19",
    "moonlight stag",
    "a",
    "nothingatall",
)


def run(scale: Scale, folder: Path) -> Outcome:
    """Both sizes in turns."""
    rows = [*uvloop.run(_queries(scale, folder)), *uvloop.run(_search(scale, folder)), *_pages(scale, folder)]
    return Outcome("Gallery: many files against few, and search", tuple(rows), _HOW)


_HOW = (
    "Rows are written straight into SQLite, a tenth of them clips; files are real 384-pixel thumbnails of twelve pictures, shared by hard"
    " links. Queries and search: `MediaLibrary.page` in process, 48 files with their whole story. The reference for search is the FTS5"
    " index alone: the same words, MATCH ... ORDER BY rowid DESC LIMIT 49 through the same read session, row numbers only. Page: Chromium,"
    " loopback, warm cache, the same server; first cards is from the navigation to the frame in which the first card exists; scrolling is"
    " the mean time of a frame over 12,000 pixels, 120 pixels a frame. Memory: JavaScript heap after a collection and DOM nodes of one"
    " tab of the large gallery, after scrolling past so many files."
)


async def _queries(scale: Scale, folder: Path) -> list[Row]:
    async with open_database(f"sqlite+aiosqlite:///{folder}/queries.sqlite3") as db:
        small, large = await db.write(open_accounts, count=2)
        for owner_id, count in ((small, 500), (large, scale.of(50_000, 501))):
            gallery_rows.fill(folder / "queries.sqlite3", owner_id=owner_id, count=count)
        library = MediaLibrary(db=db, clock=SystemClock(), bus=MemoryBus())
        ways = {
            "page query, first": Filters(),
            "page query, one model": Filters(model_key="maker/model-3"),
            "page query, clips": Filters(kind="video"),
            "page query, search": Filters(words="heron dusk"),
        }
        rows = [await _compare(name, library, large, small, filters, after=None, rounds=scale.of(300, 3)) for name, filters in ways.items()]
        middle = await _middle(db, large, small)
        return [
            *rows,
            await _compare("page query, from the middle", library, large, small, Filters(), after=middle, rounds=scale.of(300, 3)),
        ]


async def _compare(
    name: str, library: MediaLibrary, large: str, small: str, filters: Filters, *, after: dict[str, str] | None, rounds: int
) -> Row:
    seen: dict[str, list[float]] = {large: [], small: []}
    for _ in range(rounds):
        for owner_id, times in seen.items():
            begun = time.perf_counter()
            await library.page(owner_id=owner_id, filters=filters, limit=_PAGE, after=None if after is None else after[owner_id])
            times.append((time.perf_counter() - begun) * 1000)
    ours, few = median(seen[large]), median(seen[small])
    bar = None if filters.words else at_most(_BAR)  # a search reads more where there is more to find; its bar is below
    return Row(name=name, ours=f"{ours:.2f} ms", reference=f"{few:.2f} ms", ratio=ratio(seen[large], seen[small]), bar=bar)


async def _middle(db: Database, *owners: str) -> dict[str, str]:
    """Where the second half of each gallery begins."""
    found = {}
    sql = "SELECT created_at, id FROM media WHERE owner_id = :owner ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET"
    async with db.read() as session:
        connection = await session.connection()
        for owner_id in owners:
            count = (await connection.execute(text("SELECT count(*) FROM media WHERE owner_id = :owner"), {"owner": owner_id})).scalar_one()
            row = (await connection.execute(text(f"{sql} {count // 2}"), {"owner": owner_id})).one()
            found[owner_id] = f"{row.created_at}-{row.id}"
    return found


async def _search(scale: Scale, folder: Path) -> list[Row]:
    path = folder / "search.sqlite3"
    async with open_database(f"sqlite+aiosqlite:///{path}") as db:
        (owner_id,) = await db.write(open_accounts, count=1)
        gallery_rows.fill(path, owner_id=owner_id, count=scale.of(100_000, 600))
        library = MediaLibrary(db=db, clock=SystemClock(), bus=MemoryBus())
        ours, bare = [], []
        for _ in range(scale.of(40, 1)):
            for words in _SEARCHES:
                bare.append(await _timed(lambda words=words: _bare(db, words)))  # type: ignore[misc]
                filters = Filters(words=words)
                ours.append(await _timed(lambda filters=filters: library.page(owner_id=owner_id, filters=filters, limit=_PAGE)))  # type: ignore[misc]
    mine, theirs = percentile(ours, 0.95), percentile(bare, 0.95)
    row = Row(
        name="search in 100,000 prompts, p95",
        ours=f"{mine:.2f} ms",
        reference=f"{theirs:.2f} ms",
        ratio=mine / theirs,
        bar=at_most(_SEARCH_BAR),
    )
    return [row]


async def _bare(db: Database, words: str) -> object:
    query = fts5_query(words_of(words), owner_id="x").partition(" AND words : ")[2]
    async with db.read() as session:
        connection = await session.connection()
        sql = "SELECT rowid FROM media_words WHERE media_words MATCH :query ORDER BY rowid DESC LIMIT 49"
        return (await connection.execute(text(sql), {"query": f"words : {query}"})).all()


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return (time.perf_counter() - begun) * 1000


def _pages(scale: Scale, folder: Path) -> list[Row]:
    with running(folder, MAIN) as server, chromium() as browser:
        server.seconds_to("/healthz")
        data = folder / "data"
        people: dict[int, StorageState] = {}
        for count in (500, scale.of(50_000, 501)):
            people[count] = sign_up(browser, server.url)
            gallery_rows.fill(data / "nyx.sqlite3", owner_id=_newest(data), count=count, storage=data / "media")
        few, many = people
        first = {count: _Tab(browser, server.url, state) for count, state in people.items()}
        shown: dict[int, list[float]] = {few: [], many: []}
        frames: dict[int, list[float]] = {few: [], many: []}
        for tab in first.values():
            tab.open()
        for _ in range(scale.of(15, 1)):
            for count, tab in first.items():
                shown[count].append(tab.open())
        for _ in range(scale.of(5, 1)):
            for count, tab in first.items():
                tab.open()
                frames[count].append(tab.scroll(scale.of(12_000, 1_200)))
        early, late = _memory(first[many], scale)
    return [
        _row("first cards", shown[many], shown[few], unit="ms"),
        _row("scrolling, mean frame", frames[many], frames[few], unit="ms"),
        _flat("JavaScript heap of a tab", late[0] / 2**20, early[0] / 2**20, unit="MB"),
        _flat("DOM nodes of a tab", late[1], early[1], unit=""),
    ]


class _Tab:
    """One open gallery, in a browser of its own."""

    def __init__(self, browser: Browser, home: str, state: StorageState) -> None:
        self._context = new_context(browser, home, state)
        self._context.add_init_script(_NOTE_FIRST_CARD)
        self.page: Page = self._context.new_page()
        self.tools: CDPSession = self._context.new_cdp_session(self.page)

    def open(self) -> float:
        """Milliseconds to the first card; returns when the page is live."""
        self.page.goto(_PATH)
        self.page.wait_for_function("window.did_handshake === true && window.first_card_ms > 0")
        return float(self.page.evaluate("window.first_card_ms"))

    def scroll(self, pixels: int) -> float:
        """Milliseconds of the mean frame."""
        return float(self.page.evaluate(_SCROLL, [pixels, 120]))

    def scroll_past(self, count: int) -> None:
        """Go down until so many files have been on the screen."""
        while self.page.evaluate(_LAST_SHOWN) < count:
            self.page.evaluate(_SCROLL, [3_000, 300])

    def weight(self) -> tuple[int, int]:
        """Bytes of JavaScript heap after a collection, and DOM nodes."""
        self.page.wait_for_timeout(500)
        for _ in range(2):
            self.tools.send("HeapProfiler.collectGarbage")
        used = self.tools.send("Runtime.getHeapUsage")["usedSize"]
        return int(used), int(self.page.evaluate("document.getElementsByTagName('*').length"))


def _memory(tab: _Tab, scale: Scale) -> tuple[tuple[int, int], tuple[int, int]]:
    tab.open()
    tab.scroll_past(scale.of(500, 60))
    early = tab.weight()
    tab.scroll_past(scale.of(5_000, 120))
    return early, tab.weight()


def _newest(data: Path) -> str:
    with closing(sqlite3.connect(data / "nyx.sqlite3", timeout=30)) as database:
        return str(database.execute("SELECT id FROM app_user ORDER BY created_at DESC LIMIT 1").fetchone()[0])


def _row(name: str, many: list[float], few: list[float], *, unit: str) -> Row:
    ours, reference = f"{median(many):.1f} {unit}", f"{median(few):.1f} {unit}"
    return Row(name=f"{name}, 50,000 files against 500", ours=ours, reference=reference, ratio=ratio(many, few), bar=at_most(_BAR))


def _flat(name: str, late: float, early: float, *, unit: str) -> Row:
    said = [f"{value:,.1f} {unit}" if unit else f"{value:,.0f}" for value in (late, early)]
    return Row(name=f"{name}, after 5,000 files against 500", ours=said[0], reference=said[1], ratio=late / early, bar=at_most(_FLAT_BAR))


_NOTE_FIRST_CARD = """
(() => {
  const look = () => document.querySelector(".g-card") ? window.first_card_ms = performance.now() : requestAnimationFrame(look);
  requestAnimationFrame(look);
})()
"""
_SCROLL = """
([pixels, step]) => new Promise(done => {
  const begun = performance.now();
  let frames = 0, gone = 0;
  const go = () => {
    if (gone >= pixels) return done((performance.now() - begun) / frames);
    scrollBy({top: step, behavior: "instant"});
    gone += step;
    frames += 1;
    requestAnimationFrame(go);
  };
  requestAnimationFrame(go);
})
"""
_LAST_SHOWN = "Math.max(...[...document.querySelectorAll('.g-card')].map(card => Number(card.dataset.at)))"
