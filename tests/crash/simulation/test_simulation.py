"""Hours of a busy studio in seconds: crashes at every durable step, a provider with every fault, a wall clock that jumps.

A failure names its seed; ``pytest tests/crash/simulation --sim-seed N --sim-hours H`` repeats it exactly.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.simulation.run import simulate

_SEEDS, _HOURS = range(2), 1.0
_CAMPAIGN_SEEDS, _CAMPAIGN_HOURS = range(100, 134), 6.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every seed of the test, or the one that was asked for."""
    if "seed" not in metafunc.fixturenames:
        return
    is_campaign = metafunc.definition.get_closest_marker("crash") is not None
    # Without a default this raises where the whole suite runs: pytest reads the options of this folder too late then.
    seed = metafunc.config.getoption("--sim-seed", default=None)
    hours = metafunc.config.getoption("--sim-hours", default=None) or (_CAMPAIGN_HOURS if is_campaign else _HOURS)
    seeds = (_CAMPAIGN_SEEDS if is_campaign else _SEEDS) if seed is None else [seed]
    metafunc.parametrize(("seed", "hours"), [(one, hours) for one in seeds])


def run(seed: int, *, hours: float, template: Path) -> None:
    report = simulate(seed, hours=hours, template=template)
    print(  # noqa: T201 - the figures of the simulation
        f"\nseed {seed}: {hours:g} busy hours and {report.simulated_h - hours:.0f} quiet ones, {report.crashes} crashes,"
        f" {report.restarts} restarts, {report.jumps} clock jumps, {report.injected} faults,"
        f" {sum(report.outcomes.values())} jobs: {dict(report.outcomes)}, trace {report.trace[:12]}"
    )
    assert not report.faults, f"--sim-seed {seed} --sim-hours {hours:g}: {len(report.faults)} faults\n" + "\n".join(report.faults[:20])
    assert report.crashes > 3 * hours
    assert report.outcomes["completed"] > 20 * hours


@pytest.mark.timeout(900)  # seconds on an idle machine, minutes on a busy one
class TestSimulation:
    def test_keeps_every_promise_through_hours_of_faults(self, seed: int, hours: float, sqlite_template: Path) -> None:
        run(seed, hours=hours, template=sqlite_template)

    @pytest.mark.crash
    def test_keeps_every_promise_through_days_of_faults(self, seed: int, hours: float, sqlite_template: Path) -> None:
        run(seed, hours=hours, template=sqlite_template)

    def test_repeats_itself_exactly(self, sqlite_template: Path) -> None:
        first, second = (simulate(7, hours=0.2, template=sqlite_template) for _ in range(2))

        assert first == second
        assert first.trace != simulate(8, hours=0.2, template=sqlite_template).trace
