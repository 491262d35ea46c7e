"""``python -m tests.crash.simulation HOURS TEMPLATE SEED...``: stops at the first seed with a fault, with status 3."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.crash.simulation.run import simulate

FOUND = 3


def main(hours: float, template: Path, seeds: list[int]) -> int:
    for seed in seeds:
        try:
            faults = simulate(seed, hours=hours, template=template).faults
        except AssertionError as error:  # found on the way; any other error is one of ours
            faults = [str(error)]
        if faults:
            sys.stdout.write(f"seed {seed}: {faults[0][:300]}\n")
            return FOUND
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), Path(sys.argv[2]), [int(seed) for seed in sys.argv[3:]]))
