"""The name under which a person saves a file: from the first words of the prompt, harmless on every system."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

_MAX_WORDS = 8
_MAX_CHARS = 60
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def download_name(prompt: str, media_id: str, extension: str) -> str:
    """``a-fox-in-the-rain-1a2b3c.jpg``: words of any script, then the start of the id, so that two downloads differ."""
    return f"{archive_name(prompt)}-{media_id[:6]}.{extension}"


def archive_name(words: str) -> str:
    """``trip-to-the-sea``, without an extension; ``nyx-net`` when nothing of the words can be in a name."""
    found = re.findall(r"\w+", unicodedata.normalize("NFKC", words[:400]))[:_MAX_WORDS]
    stem = "-".join(found).replace("_", "-").casefold()[:_MAX_CHARS].strip("-")
    return "nyx-net" if not stem or stem in _RESERVED else stem


def content_disposition(filename: str, *, download: bool) -> str:
    """The header of RFC 6266: a plain ASCII name for old clients, the true one for the others."""
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.") or "nyx-net"
    return f"{'attachment' if download else 'inline'}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
