"""What the application takes while nothing happens: memory, memory per open tab, processor time, and how soon it answers."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Browser

from bench.browser import STUDIO_PATH, chromium, new_context, sign_up, visit
from bench.measure import Scale, median
from bench.report import Outcome, Row
from bench.served import BARE_PATH
from bench.server import MAIN, WITH_BARE_PAGE, Server, running

_SETTLE_S = 2.0


def run(scale: Scale, folder: Path) -> Outcome:
    """Start-up on a fresh and on an existing folder, then rest, then tabs."""
    rows = _start_up_and_rest(scale, folder)
    tabs = scale.of(20, 2)
    with chromium() as browser:
        studio_mb = _per_tab_mb(browser, folder / "studio-tabs", STUDIO_PATH, tabs=tabs, settle_s=scale.of(_SETTLE_S, 0.1))
        bare_mb = _per_tab_mb(browser, folder / "bare-tabs", BARE_PATH, tabs=tabs, settle_s=scale.of(_SETTLE_S, 0.1))
    rows.append(Row(name=f"memory per open studio tab, {tabs} tabs", ours=f"{studio_mb:.2f} MB", reference=f"{bare_mb:.2f} MB"))
    return Outcome("Footprint and start-up", tuple(rows), _HOW)


_HOW = (
    "Start-up is from starting the process to the first 200, asked every 10 ms; a fresh folder includes every migration. Memory is the"
    " server's resident set. A tab is a real one in Chromium on the signed-in studio page; its memory is the growth from the first"
    " few tabs to the last, and the reference is a bare NiceGUI page in a server of its own. Start-up and rest have no reference."
)


def _start_up_and_rest(scale: Scale, folder: Path) -> list[Row]:
    times: dict[tuple[str, str], list[float]] = {}
    rest: list[Row] = []
    for number in range(scale.of(5, 1)):
        for state in ("fresh", "existing"):
            with running(folder / f"start-{number}", MAIN) as server:
                for path in ("/healthz", "/login"):
                    times.setdefault((state, path), []).append(server.seconds_to(path))
                rest = rest or _rest(scale, server)
    rows = [Row(name=f"start to 200 on {path}, {state} folder", ours=f"{median(seen):.2f} s") for (state, path), seen in times.items()]
    return [*rows, *rest]


def _rest(scale: Scale, server: Server) -> list[Row]:
    _wait(scale.of(_SETTLE_S, 0.1))
    before_s, watched_s = server.cpu_s(), scale.of(20.0, 0.5)
    _wait(watched_s)
    share = (server.cpu_s() - before_s) / watched_s
    return [Row(name="memory at rest", ours=f"{server.rss_mb():.0f} MB"), Row(name="processor at rest", ours=f"{share:.1%}")]


def _per_tab_mb(browser: Browser, folder: Path, path: str, *, tabs: int, settle_s: float) -> float:
    with running(folder, *WITH_BARE_PAGE) as server:
        server.seconds_to("/healthz")
        context = new_context(browser, server.url, sign_up(browser, server.url))
        first = max(1, tabs // 5)  # the first few pay for what all share
        for _ in range(first):
            visit(context.new_page(), path)
        before_mb = _settled_mb(server, settle_s)
        for _ in range(tabs - first):
            visit(context.new_page(), path)
        grown_mb = _settled_mb(server, settle_s) - before_mb
        context.close()
        return grown_mb / (tabs - first)


def _settled_mb(server: Server, settle_s: float) -> float:
    _wait(settle_s)
    return server.rss_mb()


def _wait(seconds: float) -> None:
    time.sleep(seconds)
