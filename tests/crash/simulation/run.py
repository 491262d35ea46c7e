"""One simulation: a studio under load, faults and crashes for some hours, then a day in which everything must come to its end."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from nyx.clock import SeededRandom
from nyx.db.sqlite import connect
from nyx.db.tx import SqliteTx
from nyx.models.credits import LotSource
from nyx.services.credits import ledger
from tests.crash import evidence
from tests.crash.evidence import Snapshot
from tests.crash.simulation import oracle
from tests.crash.simulation.outside import FakeProvider
from tests.crash.simulation.process import Kill
from tests.crash.simulation.studio import Life, Person, World
from tests.crash.simulation.time import START, SimulatedClock, VirtualLoop

_PEOPLE = {"ada": 1_000_000, "ben": 1_000_000, "cleo": 1_000_000, "dan": 1_000_000, "poor": 200}
_IDLE_TICK_S = 60.0
_LAST_H = 30
_JUMPS_OFTEN = 0.1
_JUMPS = (timedelta(hours=-2), timedelta(hours=2), timedelta(hours=-1), timedelta(hours=1), timedelta(seconds=-90))


@dataclass
class Report:
    """What a simulation did. ``trace`` is the same for the same seed and the same code."""

    seed: int
    hours: float
    simulated_h: float = 0.0
    faults: list[str] = field(default_factory=list)
    trace: str = ""
    crashes: int = 0
    restarts: int = 0
    jumps: int = 0
    steps: int = 0
    injected: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


def simulate(seed: int, *, hours: float, template: Path) -> Report:
    """Run one seed. ``template`` is a migrated SQLite file, of which a copy in memory is used."""
    loop = VirtualLoop()
    simulation = _Simulation(loop, Report(seed=seed, hours=hours), template)
    with _complaints() as complaints:
        try:
            loop.run_until_complete(simulation.run())
        finally:
            loop.close()
            simulation.world.connection.close()
    simulation.report.faults += complaints + loop.complaints
    return simulation.report


class _Simulation:
    def __init__(self, loop: VirtualLoop, report: Report, template: Path) -> None:
        self.report = report
        self._loop = loop
        self._chance = random.Random(report.seed)
        self.world = World(
            chance=self._chance,
            ids=SeededRandom(report.seed),
            clock=SimulatedClock(loop),
            connection=_copy(template),
            provider=FakeProvider(self._chance),
        )
        self._people = {name: Person(name, self.world) for name in _PEOPLE}
        self._cut: set[str] = set()
        self._timeline = oracle.Timeline()

    async def run(self) -> None:
        """Load, then peace; checked after every end of a process and every now and then."""
        _open_accounts(self.world.connection)
        end_s = self.report.hours * 3600
        while self._loop.time() < end_s:
            await self._live(until_s=end_s, is_busy=True)
        self.world.tick_s = _IDLE_TICK_S
        end_s += _LAST_H * 3600
        while self._loop.time() < end_s and self._is_open():
            await self._live(until_s=end_s, is_busy=False)
        self._judge()

    async def _live(self, *, until_s: float, is_busy: bool) -> None:
        """One process, from its start to whatever ends it."""
        life = Life(self.world)
        try:
            await life.begin()
            if is_busy:
                for person in self._people.values():
                    self._loop.create_task(person.use(life))
            await self._watch(life, until_s=until_s, is_busy=is_busy)
        except Kill:
            pass
        was_killed = life.process.died.is_set()
        if not was_killed:
            await self._stop(life)
        life.process.die()
        await self._bury(life)
        self.report.crashes += was_killed
        self.report.restarts += not was_killed
        await asyncio.sleep(self._chance.uniform(0, 30))
        if is_busy:
            self._jump()

    async def _watch(self, life: Life, *, until_s: float, is_busy: bool) -> None:
        """Until the process dies, is sent away or the time is over; meanwhile clocks jump and the provider has its pauses."""
        leaves_at = self._loop.time() + self._chance.expovariate(1 / 7200) if is_busy else until_s
        while self._loop.time() < min(until_s, leaves_at) and (is_busy or self._is_open()):
            look_s = oracle.LOOK_EVERY_S if is_busy else oracle.LOOK_IN_PEACE_S
            pause_s = min(look_s, max(min(until_s, leaves_at) - self._loop.time(), 0.01))
            try:
                await asyncio.wait_for(life.process.died.wait(), pause_s)
                return
            except TimeoutError:
                self._look()
            if is_busy:
                self._jump()
            if self._chance.random() < 0.05:
                self.world.provider.unavailable_until = self._loop.time() + self._chance.uniform(10, 100)

    def _jump(self) -> None:
        if self._chance.random() < _JUMPS_OFTEN:
            self.world.clock.jump(self._chance.choice(_JUMPS), within=timedelta(hours=4))

    async def _stop(self, life: Life) -> None:
        try:
            await life.end()
        except Kill:
            return

    async def _bury(self, life: Life) -> None:
        """Nothing of a dead process stays: neither its tasks nor what it had in memory."""
        while others := self._loop.others():
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        self.report.steps += life.process.steps
        snapshot = self._look()
        self._cut |= {job["id"] for job in snapshot.jobs if job["state"] == "submitting"}

    def _look(self) -> Snapshot:
        snapshot = self._snapshot()
        self._timeline.look(snapshot, now=self._loop.time())
        provider = self.world.provider
        found = evidence.faults_of(snapshot) + evidence.file_faults(snapshot, provider.disk.read) + provider.hurried[:3]
        if found:
            raise AssertionError(f"seed {self.report.seed}, after {self._loop.time():.0f} s: " + "\n".join(found))
        return snapshot

    def _judge(self) -> None:
        snapshot = self._look()
        report = self.report
        report.faults += oracle.judge(snapshot, provider=self.world.provider, people=self._people, cut=self._cut)
        report.faults += self._timeline.faults(snapshot, provider=self.world.provider, now=self._loop.time(), jumps=self.world.clock.jumps)
        report.jumps, report.simulated_h = self.world.clock.jumps, self._loop.time() / 3600
        report.injected = sum(self.world.provider.faults.values())
        report.outcomes = Counter(f"{job['state']} {job['error_code'] or ''}".strip() for job in snapshot.jobs)
        report.trace = hashlib.sha256(repr((snapshot, report.crashes, report.steps)).encode()).hexdigest()

    def _snapshot(self) -> Snapshot:
        return evidence.take(SqliteTx(self.world.connection))

    def _is_open(self) -> bool:
        return self.world.connection.execute("SELECT 1 FROM generation WHERE open_jobs > 0 LIMIT 1").fetchone() is not None


class _Listener(logging.Handler):
    """What the application says of its own failures; a kill is none."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, Kill):
            self.heard.append(f"{record.getMessage()}: {error!r}")


@contextmanager
def _complaints() -> Iterator[list[str]]:
    listener = _Listener()
    logger = logging.getLogger("nyx")
    was_propagating = logger.propagate
    logger.propagate = False  # every kill would be reported with its traceback
    logger.addHandler(listener)
    try:
        yield listener.heard
    finally:
        logger.removeHandler(listener)
        logger.propagate = was_propagating


def _copy(template: Path) -> sqlite3.Connection:
    connection = connect(Path(":memory:"))
    source = connect(template)
    source.backup(connection)
    source.close()
    return connection


def _open_accounts(connection: sqlite3.Connection) -> None:
    tx, now = SqliteTx(connection), START - timedelta(days=1)
    for name, credits in _PEOPLE.items():
        tx.execute(
            "INSERT INTO app_user (id, email, password_hash, created_at) VALUES (:id, :email, '', :now)",
            id=name,
            email=f"{name}@example.org",
            now=now,
        )
        ledger.open_account(tx, owner_id=name)
        ledger.grant(tx, owner_id=name, amount=credits, source=LotSource.ADMIN, source_key=name, now=now, new_id=f"{name:0>32}")
