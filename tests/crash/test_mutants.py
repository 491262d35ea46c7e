"""Tests of the simulation: each way in which the engine or the ledger could be wrong, tried out, must be noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.simulation.__main__ import FOUND
from tests.support.source import ROOT

_HOURS = "2"
_SEEDS = [str(seed) for seed in range(8)]
_ENGINE, _RUNNER = "services/generation/engine.py", "services/generation/runner.py"
_CLAIMS, _SETTLING, _INTERVENTIONS = (f"services/generation/{name}.py" for name in ("claims", "settling", "interventions"))
_HOLDS = "services/credits/holds.py"


@dataclass(frozen=True)
class Mutant:
    """A text in one file of the package that is replaced by a wrong one."""

    name: str
    file: str
    right: str
    wrong: str


MUTANTS = (
    Mutant("nothing is compared before it is set", _SETTLING, "WHERE id = :id AND state = :state AND lease_epoch = :epoch\",\n        target=", "WHERE id = :id\",\n        target="),
    Mutant(
        "a lost call is sent again",
        _RUNNER,
        "await self._record(settling.lose_track, job=job, detail=error.detail or str(error), now=self._clock.now())",
        "await self._refused_entry(job, ProviderUnavailable(str(error)))",
    ),
    Mutant("a call that a crash cut off is sent again", _CLAIMS, "UPDATE job SET state = 'unknown',", "UPDATE job SET state = 'pending',"),
    Mutant("everything is charged, whatever came", _SETTLING, "RETURNING open_jobs, delivered,", "RETURNING open_jobs, outputs AS delivered,"),
    Mutant("a jump of the clock uses up the day", _SETTLING, "MAX_OBSERVED_MS = 60_000", "MAX_OBSERVED_MS = 86_400_000"),
    Mutant("the unknown is given up after hours", _ENGINE, "total_seconds() * 1000)", "total_seconds() * 100)"),
    Mutant("what is cancelled is never closed", _INTERVENTIONS, "    if changed:\n        close_one", "    if not changed:\n        close_one"),
    Mutant("what was cancelled is sent again", _SETTLING, 'if row and row["stop_waiting"]:', "if row is None:"),
    Mutant("a reconcile disturbs a claim", _ENGINE, "async with self._claiming:\n            await self._db.write(claims.free", "if True:\n            await self._db.write(claims.free"),
    Mutant("a clock that was set back stops everything", _CLAIMS, "next_run_at > :latest", "next_run_at > :latest AND 1 = 2"),
    Mutant("dead links are polled for ever", _SETTLING, '"failures = CASE WHEN result_url IS NULL THEN 0 ELSE failures END,"', '"failures = 0,"'),
    Mutant("a provider that is silent is asked for ever", _RUNNER, "_GIVE_UP_AFTER_MS = 86_400_000", "_GIVE_UP_AFTER_MS = 10**15"),
    Mutant("a slow clip is given up", _RUNNER, "_GIVE_UP_AFTER_MS = 86_400_000", "_GIVE_UP_AFTER_MS = 120_000"),
    Mutant("what a crash left is never picked up", _CLAIMS, 'for row in mine if row["id"] not in held', 'for row in mine if row["id"] in held'),
    Mutant("a dead link is the end", _RUNNER, "job.failures < _MAX_EXPIRED_LINKS", "job.failures < 0"),
    Mutant("a file that is cut off is the end", _RUNNER, "job.failures + 1 >= _MAX_FETCHES", "job.failures + 1 >= 1"),
    Mutant("no record is made before a call", _CLAIMS, "SET state = 'submitting', attempts = attempts + 1,", "SET state = 'submitting',"),
    Mutant("what a capture leaves is not freed", _HOLDS, "released=amount - captured)", "released=0)"),
    Mutant("a capture takes nothing from the lots", _HOLDS, "tx.execute(_SETTLE_LOTS, hold_id=hold_id, captured=captured)", "tx.execute(_SETTLE_LOTS, hold_id=hold_id, captured=0)"),
)  # fmt: skip


def simulate(package: Path, template: Path) -> subprocess.CompletedProcess[str]:
    """Run seeds on a copy of the package until one finds a fault."""
    command = [sys.executable, "-m", "tests.crash.simulation", _HOURS, str(template), *_SEEDS]
    environment = {"PYTHONPATH": f"{package.parent}:{ROOT}", "PATH": ""}
    return subprocess.run(command, cwd=package.parent, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    copy = tmp_path / "nyx"
    shutil.copytree(ROOT / "nyx", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.mark.crash
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_is_noticed(mutant: Mutant, package: Path, sqlite_template: Path) -> None:
    file = package / mutant.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.right) == 1, f"the source has moved on: look for {mutant.right!r}"
    file.write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")

    ended = simulate(package, sqlite_template)

    assert ended.returncode == FOUND, f"nobody noticed: {mutant.name}\n{ended.stdout}{ended.stderr[-2000:]}"
    print(f"\n{mutant.name}: {ended.stdout.strip()}")  # noqa: T201 - says by what it was noticed


@pytest.mark.crash
def test_the_real_thing_is_faultless(package: Path, sqlite_template: Path) -> None:
    ended = simulate(package, sqlite_template)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]


def test_every_mutant_still_fits_the_source() -> None:
    misfits = [mutant.name for mutant in MUTANTS if (ROOT / "nyx" / mutant.file).read_text(encoding="utf-8").count(mutant.right) != 1]
    assert misfits == []
