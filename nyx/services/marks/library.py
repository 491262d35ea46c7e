"""How the C2PA library works here, for signing and reading alike."""

from __future__ import annotations

from typing import Any

GENERATION = "nyx-net.generation"  # our own assertion: the model, the source type, and when
UNSIGNED = frozenset({"video/webm"})  # C2PA knows no way to put a manifest into a WebM


def library_settings(*, roots: str = "") -> dict[str, Any]:
    """It asks no other machine, makes no thumbnails, and trusts ``roots`` (PEM) alone."""
    return {
        "version": 1,
        "trust": {"user_anchors": roots} if roots else {},
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False, "verify_trust": True},
        "builder": {"thumbnail": {"enabled": False}},
    }
