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
_SEEDS = [str(seed) for seed in range(24)]  # the rarest mutants show in one seed of nine, most in the first
_FOLDERS = ("services/generation", "services/credits")


@dataclass(frozen=True)
class Mutant:
    """A text of the engine or the ledger, found once in their folders, that is replaced by a wrong one."""

    name: str
    right: str
    wrong: str

    def file(self, package: Path) -> Path:
        """Where the text is. Raises: AssertionError when it is not in exactly one place."""
        files = [path for folder in _FOLDERS for path in sorted((package / folder).glob("*.py"))]
        found = [path for path in files for _ in range(path.read_text(encoding="utf-8").count(self.right))]
        assert len(found) == 1, f"{self.name}: the source has moved on, {self.right!r} is in {[path.name for path in found]}"
        return found[0]


_GUARDED = "WHERE id = :id AND state = :state AND lease_epoch = :epoch"
MUTANTS = (
    Mutant("nothing is compared before it is set", _GUARDED + '",\n        target=', 'WHERE id = :id",\n        target='),
    Mutant(
        "a lost call is sent again",
        "except OutcomeUnknown as error:",
        "except OutcomeUnknown as error:\n            return await self._refused_entry(job, ProviderUnavailable(str(error)))",
    ),
    Mutant("a call that a crash cut off is sent again", "UPDATE job SET state = 'unknown',", "UPDATE job SET state = 'pending',"),
    Mutant("everything is charged, whatever came", "RETURNING open_jobs, delivered,", "RETURNING open_jobs, outputs AS delivered,"),
    Mutant("a jump of the clock uses up the day", "MAX_OBSERVED_MS = 60_000", "MAX_OBSERVED_MS = 86_400_000"),
    Mutant("the unknown is given up after hours", "release.total_seconds() * 1000", "release.total_seconds() * 100"),
    Mutant("what is cancelled is never closed", "    if changed:\n        close_one", "    if not changed:\n        close_one"),
    Mutant("what was cancelled is sent again", 'if row and row["stop_waiting"]:', "if row is None:"),
    Mutant(
        "a reconcile disturbs a claim",
        "with self._claiming:\n            await self._db.write(claims.free",
        "with asyncio.Lock():\n            await self._db.write(claims.free",
    ),
    Mutant("a clock that was set back stops everything", "next_run_at > :latest", "next_run_at > :latest AND 1 = 2"),
    Mutant("dead links are polled for ever", "CASE WHEN result_url IS NULL THEN 0 ELSE failures END", "0"),
    Mutant("a provider that is silent is asked for ever", "_GIVE_UP_AFTER_MS = 86_400_000", "_GIVE_UP_AFTER_MS = 10**15"),
    Mutant("a slow clip is given up", "_GIVE_UP_AFTER_MS = 86_400_000", "_GIVE_UP_AFTER_MS = 120_000"),
    Mutant("what a crash left is never picked up", 'if row["id"] not in held]', 'if row["id"] in held]'),
    Mutant("a dead link is the end", "_MAX_EXPIRED_LINKS = 3", "_MAX_EXPIRED_LINKS = 0"),
    Mutant("a file that is cut off is the end", "job.failures + 1 >= _MAX_FETCHES", "job.failures + 1 >= 1"),
    Mutant("no record is made before a call", "SET state = 'submitting', attempts = attempts + 1,", "SET state = 'submitting',"),
    Mutant("what a capture leaves is not freed", "released=amount - captured)", "released=0)"),
    Mutant(
        "a capture takes nothing from the lots",
        "_SETTLE_LOTS, hold_id=hold_id, captured=captured)",
        "_SETTLE_LOTS, hold_id=hold_id, captured=0)",
    ),
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
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_is_noticed(mutant: Mutant, package: Path, sqlite_template: Path) -> None:
    file = mutant.file(package)
    file.write_text(file.read_text(encoding="utf-8").replace(mutant.right, mutant.wrong), encoding="utf-8")

    ended = simulate(package, sqlite_template)

    assert ended.returncode == FOUND, f"nobody noticed: {mutant.name}\n{ended.stdout}{ended.stderr[-2000:]}"
    print(f"\n{mutant.name}: {ended.stdout.strip()}")  # noqa: T201 - says by what it was noticed


@pytest.mark.crash
@pytest.mark.timeout(1800)
def test_the_real_thing_is_faultless(package: Path, sqlite_template: Path) -> None:
    ended = simulate(package, sqlite_template)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_still_fits_the_source(mutant: Mutant) -> None:
    assert mutant.file(ROOT / "nyx").exists()
