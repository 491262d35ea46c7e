"""Nyx-Net: a self-hosted studio for AI images and video."""

from __future__ import annotations

from nyx._sqlite import use_safe_sqlite

__version__ = "0.1.0"

# Before anything imports sqlite3: SQLAlchemy and aiosqlite must get the same, safe library as our writer.
use_safe_sqlite()
