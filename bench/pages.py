"""The studio page in Chromium against a bare NiceGUI page of the same process: first byte and time to interactive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, StorageState

from bench.browser import STUDIO_PATH, Visit, chromium, new_context, sign_up, visit
from bench.measure import Scale, median
from bench.report import Outcome, Row, at_most
from bench.served import BARE_PATH
from bench.server import WITH_BARE_PAGE, running

_BAR = 2.0
Visits = dict[str, list[Visit]]


def run(scale: Scale, folder: Path) -> Outcome:
    """Both pages in turns: first with a warm browser cache, then with an empty one each time."""
    with running(folder, *WITH_BARE_PAGE) as server, chromium() as browser:
        server.seconds_to("/healthz")
        state = sign_up(browser, server.url)
        warm = _warm(browser, server.url, state, rounds=scale.of(25, 1))
        cold = _cold(browser, server.url, state, rounds=scale.of(40, 1))
    rows = [
        row
        for temperature, visits in (("warm", warm), ("cold", cold))
        for row in (
            _row(f"first byte, {temperature}", visits, lambda one: one.first_byte_ms),
            _row(f"interactive, {temperature}", visits, lambda one: one.live_ms),
        )
    ]
    return Outcome("Studio page, signed in, against a bare NiceGUI page", tuple(rows), _HOW)


_HOW = (
    "Chromium, loopback, one server process; the bare page holds one label and passes the same guard, headers and compression."
    " First byte is requestStart to responseStart, interactive is from the navigation to the websocket's handshake. Warm: one tab that"
    " has seen both pages. Cold: a browser with an empty cache each time."
)


def _warm(browser: Browser, home: str, state: StorageState, *, rounds: int) -> Visits:
    visits: Visits = {STUDIO_PATH: [], BARE_PATH: []}
    context = new_context(browser, home, state)
    page = context.new_page()
    for path in visits:
        visit(page, path)
    for _ in range(rounds):
        for path, seen in visits.items():
            seen.append(visit(page, path))
    context.close()
    return visits


def _cold(browser: Browser, home: str, state: StorageState, *, rounds: int) -> Visits:
    visits: Visits = {STUDIO_PATH: [], BARE_PATH: []}
    for _ in range(rounds):
        for path, seen in visits.items():
            context = new_context(browser, home, state)
            seen.append(visit(context.new_page(), path))
            context.close()
    return visits


def _row(name: str, visits: Visits, figure: Callable[[Visit], float]) -> Row:
    ours, bare = (median([figure(one) for one in visits[path]]) for path in (STUDIO_PATH, BARE_PATH))
    return Row(name=name, ours=f"{ours:.1f} ms", reference=f"{bare:.1f} ms", ratio=ours / bare, bar=at_most(_BAR))
