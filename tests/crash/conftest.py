"""The options that repeat one simulation: ``pytest tests/crash/simulation --sim-seed N --sim-hours H``."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sim-seed", type=int, help="run the simulation of this seed alone; a failure names its seed")
    parser.addoption("--sim-hours", type=float, help="for so many busy hours")
