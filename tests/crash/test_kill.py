"""kill -9 at every crash point and at random, again and again on the same data: nothing lost, nothing billed twice, nothing left over."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.crash.rig import OWNER, Rig, crash_points, processes
from tests.crash.worker import Shift
from tests.support.postgres import MigratedDatabases

_LEFTOVER_AGE_S = 7200.0


@pytest.fixture(scope="module")
def outside() -> Iterator[tuple[ForkServerContext, str]]:
    with processes() as outside:
        yield outside


@pytest.fixture
def rig(
    request: pytest.FixtureRequest, outside: tuple[ForkServerContext, str], tmp_path: Path, sqlite_template: Path, seed: int, dialect: str
) -> Rig:
    folder = tmp_path / "data"
    folder.mkdir()
    if dialect == "sqlite":
        shutil.copy(sqlite_template, folder / "nyx.sqlite3")
        url = f"sqlite+aiosqlite:///{folder / 'nyx.sqlite3'}"
    else:
        databases: MigratedDatabases = request.getfixturevalue("durable_postgres_databases")
        url = databases.cluster.url(databases.create())
    context, sandbox_url = outside
    return Rig(context=context, shift=Shift(folder=folder, database_url=url, sandbox_url=sandbox_url, owner_id=OWNER), seed=seed)


def campaign(rig: Rig, *, rounds: int, randoms: int) -> None:
    """Each crash point ``rounds`` times and ``randoms`` kills at any moment, mixed; then the end, judged."""
    begun = time.monotonic()
    points = crash_points()
    chance = random.Random(rig.seed)
    plan = [*points * rounds, *[""] * randoms]
    chance.shuffle(plan)
    for point in plan:
        if point:
            rig.kill_at(point, 1 if point == "in_recovery" else chance.randint(1, 2))
        else:
            rig.kill_at_random()
    for point in set(points) - set(rig.kills):  # a slow machine came too late for its second or third passing
        rig.kill_at(point, 1)
    _finish(rig)
    missed = set(points) - set(rig.kills)
    assert not missed, f"seed {rig.seed}: these points were never reached: {sorted(missed)}"
    print(_closing_line(rig, seconds=time.monotonic() - begun))  # noqa: T201 - the figures of the campaign


def _finish(rig: Rig) -> None:
    for leftover in rig.temporary_files():
        os.utime(leftover, (time.time() - _LEFTOVER_AGE_S,) * 2)  # on a shared database younger ones may be a neighbour's
    snapshot = rig.settle(release_unknown_s=0.5)
    assert rig.temporary_files() == []
    assert not [row for row in snapshot.holds if row["status"] == "open"]
    assert rig.outcome_faults(snapshot) == []


def _closing_line(rig: Rig, *, seconds: float) -> str:
    snapshot = rig.check()
    outcomes = Counter(job["state"] for job in snapshot.jobs)
    unknown = sum(job["error_code"] == "outcome_unknown" for job in snapshot.jobs)
    return (
        f"\nseed {rig.seed}: {sum(rig.kills.values())} kills in {seconds:.0f} s, {len(snapshot.jobs)} jobs: {dict(outcomes)},"
        f" {unknown} of them cut off while they were sent; at {dict(sorted(rig.kills.items()))}"
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("dialect", "seed"), [("sqlite", 1), ("postgresql", 2)])
def test_a_worker_that_is_killed_anywhere_loses_nothing_and_bills_nothing_twice(rig: Rig) -> None:
    campaign(rig, rounds=1, randoms=5)


@pytest.mark.crash
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(  # the provider is shared: no two campaigns may ask for the same
    ("dialect", "seed"), [(dialect, seed) for dialect, first in (("sqlite", 10), ("postgresql", 20)) for seed in range(first, first + 4)]
)
def test_hundreds_of_kills(rig: Rig) -> None:
    campaign(rig, rounds=2, randoms=18)
