"""The benchmarks: that they run and report every row, and that a bar means what it says. No time is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import percentile, ratio
from bench.report import Outcome, Row, Verdict, at_least, at_most, markdown

ROOT = Path(__file__).resolve().parents[1]
ROWS = (
    "pairs/s, 1 at once",
    "pairs/s, 8 at once",
    "pairs/s, 64 at once",
    "p99 of a pair, 64 at once",
    "against the plain ORM, 64 at once",
    "p50, one at a time",
    "CPU per generation, 8 at once against 1",
    "CPU per generation, 64 at once against 1",
    "first byte, warm",
    "first byte, cold",
    "interactive, warm",
    "interactive, cold",
    "noticed after, median: all together",
    "requests a job: all together",
    "start to 200 on /healthz, fresh folder",
    "start to 200 on /login, existing folder",
    "memory at rest",
    "processor at rest",
    "memory per open studio tab",
    "pictures/s, 1024×1024",
    "page query, from the middle",
    "search in 100,000 prompts, p95",
    "first cards, 50,000 files against 500",
    "scrolling, mean frame, 50,000 files against 500",
    "JavaScript heap of a tab, after 5,000 files against 500",
    "DOM nodes of a tab, after 5,000 files against 500",
)


class TestHarness:
    @pytest.mark.browser
    @pytest.mark.timeout(400)
    def test_a_quick_run_reports_every_row_and_leaves_the_results_alone(self, tmp_path: Path) -> None:
        results = ROOT / "bench" / "RESULTS.md"
        before = results.read_bytes() if results.exists() else None

        ended = subprocess.run(
            [sys.executable, "-m", "bench", "--quick", "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=380
        )

        assert ended.returncode == 0, ended.stderr
        assert [row for row in ROWS if row not in ended.stdout] == []
        assert (results.read_bytes() if results.exists() else None) == before
        assert list(tmp_path.iterdir()) == []

    def test_an_unknown_name_is_refused(self) -> None:
        ended = subprocess.run([sys.executable, "-m", "bench", "teapots"], cwd=ROOT, capture_output=True, text=True, timeout=60)

        assert ended.returncode == 2
        assert "no such benchmark: teapots" in ended.stderr


class TestBar:
    def test_at_least_and_at_most_include_their_limit(self) -> None:
        def verdict(value: float, *, more: bool) -> Verdict:
            return Row(name="a", ours="", ratio=value, bar=at_least(0.8) if more else at_most(2.0)).verdict

        assert [verdict(value, more=True) for value in (0.79, 0.8)] == [Verdict.MISSED, Verdict.MET]
        assert [verdict(value, more=False) for value in (2.0, 2.01)] == [Verdict.MET, Verdict.MISSED]

    def test_may_be_about_a_figure_that_is_no_ratio(self) -> None:
        row = Row(name="p99", ours="60 ms", ratio=0.5, bar=at_most(50, "ms"), judged=60.0)

        assert row.verdict is Verdict.MISSED

    def test_is_absent_where_a_row_is_for_information(self) -> None:
        assert Row(name="memory", ours="150 MB").verdict is Verdict.NO_BAR


class TestMeasure:
    def test_a_busy_round_hits_both_sides_of_a_ratio(self) -> None:
        assert ratio([10.0, 100.0, 12.0], [5.0, 50.0, 6.0]) == 2.0

    def test_a_percentile_is_one_of_the_values(self) -> None:
        assert percentile([float(value) for value in range(100)], 0.99) == 99.0


class TestMarkdown:
    def test_holds_the_machine_the_rows_and_how_they_came_about(self) -> None:
        outcome = Outcome("Ledger", (Row(name="pairs/s", ours="5", reference="4", ratio=1.25, bar=at_least(1.0)),), "In turns.")

        text = markdown([outcome], machine=[("Disk", "ext4")])

        assert "| Disk | ext4 |" in text
        assert "| pairs/s | 5 | 4 | 1.25× | ≥ 1× | met |" in text
        assert text.endswith("In turns.\n")
