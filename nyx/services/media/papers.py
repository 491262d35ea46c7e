"""What a file of ours says about its origin: signs what is taken in and what is made from it. It stores nothing."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from nyx.models.media import MediaOrigin
from nyx.services.marks import xmp
from nyx.services.marks.provenance import Origin, Provenance, note
from nyx.services.marks.xmp import SourceType
from nyx.services.media.repository import MediaFile

_SANDBOX = b"Drawn by the Nyx-Net sandbox"  # which says so in each of its files, whoever runs it


class Papers:
    """Blocks: call it in a thread. ``name_of`` says what people call a model."""

    def __init__(self, provenance: Provenance, *, name_of: Callable[[str], str]) -> None:
        self._provenance = provenance
        self._name_of = name_of

    def sign_output(self, source: Path, target: Path, content_type: str, *, model_key: str, has_input: bool, made_at: datetime) -> None:
        """``target`` becomes the delivered file, signed. ``has_input``: a person's picture went into it. Raises: OSError."""
        kind = _kind_of(source, has_input=has_input)
        self._provenance.sign_output(source, target, content_type, self._origin(model_key, kind, made_at))

    def sign_derived(
        self, source: Path, target: Path, content_type: str, *, file: MediaFile, original: Path, changes: tuple[str, ...]
    ) -> None:
        """``target`` becomes what was made of ``file``, whose bytes are at ``original``, signed. Raises: OSError."""
        kind = _noted(original) or _kind_of(original, has_input=file.has_input)
        origin = self._origin(file.model_key, kind, file.created_at)
        self._provenance.sign_derived(source, target, content_type, origin, parent=(original, file.content_type), changes=changes)

    def note(self, source: Path, target: Path, content_type: str, *, file: MediaFile, original: Path) -> None:
        """``target`` becomes a small picture or clip of ``file`` with the source type in it, for screens: unsigned. Raises: OSError."""
        note(source, target, content_type, _noted(original) or _kind_of(original, has_input=file.has_input))

    def can_tell_of(self, file: MediaFile, original: Path) -> bool:
        """Whether this studio made it: an output, or a piece of one. A piece that was cut before pieces said what they are is left out:
        whether a person's picture went into it is no longer known. Raises: OSError."""
        return file.origin is MediaOrigin.OUTPUT or (file.was_made_here and _noted(original) is not None)

    def _origin(self, model_key: str, kind: SourceType, made_at: datetime) -> Origin:
        return Origin(model_key=model_key, model_name=self._name_of(model_key), source_type=kind, made_at=made_at)


def _noted(path: Path) -> SourceType | None:
    try:
        return SourceType(xmp.read(path) or "")
    except ValueError:
        return None


def _kind_of(path: Path, *, has_input: bool) -> SourceType:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        if whole.find(_SANDBOX) >= 0:
            return SourceType.DRAWN
    return SourceType.COMPOSITE if has_input else SourceType.TRAINED
