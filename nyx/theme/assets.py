"""Addresses of shipped files, each with a hash of its content so that it may be cached for ever; serving them is the app's part."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ASSETS_DIR = Path(__file__).resolve().parents[2] / "assets"
ASSETS_URL = "/assets"


@cache
def asset(path: str) -> str:
    """Return the address of one shipped file, e.g. ``css/base.css``. Raises: FileNotFoundError for a file that is not shipped."""
    digest = hashlib.sha256((ASSETS_DIR / path).read_bytes()).hexdigest()[:12]
    return f"{ASSETS_URL}/{path}?v={digest}"
