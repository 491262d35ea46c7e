"""``python -m bench``: run every benchmark, print the table, write bench/RESULTS.md; exit code 1 when a bar is missed."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import footprint, gallery, generation, ledger, machine, pages, polling, thumbnails
from bench.measure import Scale
from bench.report import Outcome, Verdict, markdown, plain_table
from bench.server import FOREIGN
from nyx.logs import set_up_logs

_RESULTS = Path(__file__).parent / "RESULTS.md"
_MISSED = 1
_BENCHMARKS: dict[str, Callable[[Scale, Path], Outcome]] = {
    "ledger": ledger.run,
    "generation": generation.run,
    "pages": pages.run,
    "polling": polling.run,
    "footprint": footprint.run,
    "thumbnails": thumbnails.run,
    "gallery": gallery.run,
}


def main() -> int:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these of: {', '.join(_BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs; nothing is judged or written")
    parser.add_argument("--folder", type=Path, help="where databases and files go during the run (default: beside the app's own data)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(_BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    _forget_settings()
    set_up_logs(is_json=False, level="error", secrets=[])
    started, load_before = datetime.now(UTC), machine.load()
    folder = options.folder or _RESULTS.parents[1] / "data"  # the same disk as in production, never a memory file system
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as scratch:
        outcomes = _run(options.names or list(_BENCHMARKS), Scale(is_quick=options.quick), Path(scratch))
        facts = machine.describe(Path(scratch))
    took_s = (datetime.now(UTC) - started).total_seconds()
    facts += [("Load average", f"{load_before} before, {machine.load()} after"), ("Duration", f"{took_s:.0f} s")]
    print(plain_table(outcomes))
    if options.quick:
        print("\nA quick run: the figures mean nothing.")
        return 0
    if not options.names:
        _RESULTS.write_text(markdown(outcomes, machine=facts), encoding="utf-8")
    missed = [row for outcome in outcomes for row in outcome.rows if row.verdict is Verdict.MISSED]
    return _MISSED if missed else 0


def _run(names: list[str], scale: Scale, scratch: Path) -> list[Outcome]:
    outcomes = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        folder = scratch / name
        folder.mkdir()
        outcomes.append(_BENCHMARKS[name](scale, folder))
    return outcomes


def _forget_settings() -> None:
    """Whatever is set for the real app must not decide a measurement, least of all a provider's key."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
