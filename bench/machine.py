"""What the figures were measured on, without anything that names the machine or its folders."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def describe(folder: Path) -> list[tuple[str, str]]:
    """Name and value of each fact; ``folder`` is where the databases and files of the run are."""
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("nicegui", "SQLAlchemy", "httpx", "pillow", "uvloop"))
    return [
        ("Date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("Processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("Memory", f"{memory_gib:.0f} GiB"),
        ("System", f"{platform.system()} {platform.release()}"),
        ("Disk", _disk(folder)),
        ("Python", f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}"),
        ("Libraries", libraries),
    ]


def load() -> str:
    """The load average over 1, 5 and 15 minutes."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _disk(folder: Path) -> str:
    """File system and kind of the disk behind ``folder``."""
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    above = [mount for mount in mounts if folder.resolve().is_relative_to(mount[1])]
    source, _, file_system = max(above, key=lambda mount: len(mount[1]))
    device = Path(source).name.rstrip("0123456789")
    rotational = Path(f"/sys/block/{device}/queue/rotational")
    if device.startswith("vd"):
        kind = "virtual disk"
    elif rotational.exists():
        kind = "spinning disk" if rotational.read_text(encoding="ascii").strip() == "1" else "solid-state disk"
    else:
        kind = "no disk of its own"
    return f"{file_system} on a {kind}"
