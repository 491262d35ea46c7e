"""Chooses the SQLite library: the system's when it is new enough, otherwise the one that pysqlite3 brings."""

from __future__ import annotations

import sqlite3
import sys

# SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write or checkpoint at once; fixed 2026-03-13.
SAFE_VERSION = (3, 51, 3)


def use_safe_sqlite() -> None:
    """Put pysqlite3 in the place of sqlite3 when the system's library has the WAL-reset bug. Safe to repeat."""
    if sqlite3.sqlite_version_info >= SAFE_VERSION:
        return
    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
