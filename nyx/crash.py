"""Crash points: named places where the kill -9 rig cuts. A no-op unless NYX_CRASH_POINT is set."""

from __future__ import annotations

import os
import signal
from collections import Counter

_seen: Counter[str] = Counter()
_target, _, _nth = os.environ.get("NYX_CRASH_POINT", "").partition(":")  # noqa: TID251 - read before any Settings exists


def crash_point(name: str) -> None:
    """Kill this process the Nth time ``name`` is reached, when NYX_CRASH_POINT is ``name:N`` (N defaults to 1)."""
    if not _target or name != _target:
        return
    _seen[name] += 1
    if _seen[name] >= int(_nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
