"""Signing what leaves: a C2PA manifest that says who made a file, with what and from what, and the IPTC source type beside it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from c2pa import Builder, C2paError, C2paSignerInfo, Context, Reader, Settings, Signer

from nyx import __version__
from nyx.services.marks import xmp
from nyx.services.marks.identity import Identity
from nyx.services.marks.library import GENERATION, UNSIGNED, library_settings
from nyx.services.marks.xmp import NoPlace, SourceType

log = logging.getLogger(__name__)

_PROGRAM = {"name": "Nyx-Net", "version": __version__}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a file is: the model's key and name, IPTC's word for it, and when it was made. Nothing about a person."""

    model_key: str
    model_name: str
    source_type: SourceType
    made_at: datetime


class Provenance:
    """Copies files with their story added. Every method blocks: call it in a thread."""

    def __init__(self, identity: Identity) -> None:
        signer = Signer.from_info(C2paSignerInfo(identity.algorithm, identity.chain, identity.key, None))
        self._context = Context(Settings.from_dict(library_settings()), signer)

    def sign_output(self, source: Path, target: Path, content_type: str, origin: Origin) -> None:
        """``target`` becomes what a provider sent, signed; a manifest that the provider put in stays inside as the ingredient.

        What can't be signed is copied as it is, with a warning: nothing that was paid for is lost to its papers. Raises: OSError.
        """
        created = _action("c2pa.created", origin, digitalSourceType=origin.source_type.uri)
        opened = _action("c2pa.opened", origin, digitalSourceType=origin.source_type.uri, parameters={"ingredientIds": ["parent"]})
        parent = (source, content_type) if self._is_signed(source, content_type) else None
        self._sign(source, target, content_type, origin, actions=[opened if parent else created], parent=parent)

    def sign_derived(
        self, source: Path, target: Path, content_type: str, origin: Origin, *, parent: tuple[Path, str], changes: tuple[str, ...]
    ) -> None:
        """``target`` becomes what we made from ``parent`` (its file and type); ``changes`` are C2PA's words, such as ``c2pa.converted``.

        What can't be signed is copied as it is, with a warning. Raises: OSError.
        """
        opened = _action("c2pa.opened", origin, digitalSourceType=origin.source_type.uri, parameters={"ingredientIds": ["parent"]})
        usable = parent if parent[1] not in UNSIGNED else None
        if usable is None:
            opened = _action("c2pa.created", origin, digitalSourceType=origin.source_type.uri)
        self._sign(source, target, content_type, origin, actions=[opened, *(_action(change, origin) for change in changes)], parent=usable)

    def _sign(
        self,
        source: Path,
        target: Path,
        content_type: str,
        origin: Origin,
        *,
        actions: list[dict[str, Any]],
        parent: tuple[Path, str] | None,
    ) -> None:
        noted = target.with_name(f"noted-{target.name}")
        try:
            note(source, noted, content_type, origin.source_type)
            if content_type in UNSIGNED:
                noted.replace(target)
                return
            try:
                self._embed(noted, target, content_type, manifest=_manifest(origin, actions), parent=parent)
            except C2paError as error:
                log.warning("A file could not be signed", extra={"content_type": content_type, "reason": str(error)})
                noted.replace(target)
        finally:
            with suppress(FileNotFoundError):
                noted.unlink()

    def _embed(self, source: Path, target: Path, content_type: str, *, manifest: dict[str, Any], parent: tuple[Path, str] | None) -> None:
        with ExitStack() as stack:
            builder = stack.enter_context(Builder(manifest, self._context))
            if parent is not None:
                original = stack.enter_context(parent[0].open("rb"))
                builder.add_ingredient({"title": "original", "relationship": "parentOf", "label": "parent"}, parent[1], original)
            builder.sign(content_type, stack.enter_context(source.open("rb")), stack.enter_context(target.open("w+b")))

    def _is_signed(self, path: Path, content_type: str) -> bool:
        if content_type in UNSIGNED:
            return False
        try:
            with path.open("rb") as file, _closing(Reader.try_create(content_type, file, None, self._context)) as reader:
                return reader is not None
        except C2paError:  # something that only looks like a manifest
            return False


def _manifest(origin: Origin, actions: list[dict[str, Any]]) -> dict[str, Any]:
    generation = {"model": origin.model_key, "modelName": origin.model_name, "digitalSourceType": origin.source_type.uri}
    return {
        "claim_generator_info": [_PROGRAM],
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": actions}},
            {"label": GENERATION, "data": generation | {"madeAt": _time(origin.made_at)}},
        ],
    }


def _action(name: str, origin: Origin, **more: Any) -> dict[str, Any]:
    return {"action": name, "when": _time(origin.made_at), "softwareAgent": _PROGRAM, **more}


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def note(source: Path, target: Path, content_type: str, kind: SourceType) -> None:
    """``target`` becomes ``source`` with the IPTC source type in it; where there is no place for that, a copy. Raises: OSError."""
    try:
        xmp.write(source, target, content_type, kind)
    except (NoPlace, ValueError, IndexError) as error:  # a file that is built strangely, though decoders take it
        log.info("The source type could not be noted in a file", extra={"content_type": content_type, "reason": str(error)})
        shutil.copyfile(source, target)


@contextmanager
def _closing(reader: Reader | None) -> Iterator[Reader | None]:
    try:
        yield reader
    finally:
        if reader is not None:
            reader.close()
