"""Reads what a file says about its origin, as a program of its own: a stranger's file may break this process, never the studio.

``python -m nyx.services.marks.reading`` takes a question as JSON on stdin and puts the facts as JSON on stdout.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from c2pa import C2paError, Context, Reader, Settings

from nyx.services.marks import xmp
from nyx.services.marks.library import GENERATION, UNSIGNED, library_settings

_MEMORY_BYTES = 2_000_000_000
_CPU_S = 20
_MANIFEST = b"c2pa"  # stands in every file that carries a manifest
_LONGEST = 120  # of anything that a stranger wrote


def facts_of(path: Path, content_type: str, *, roots: str, serials: frozenset[str]) -> dict[str, Any]:
    """``state`` (none, ours, signed, broken, damaged), what the manifest says, and ``noted``, the source type that is written plainly.

    A file is damaged when it can't be read and carries no manifest whose signature could fail.
    """
    facts = _manifest_facts(path, content_type, roots=roots, serials=serials)
    return {**facts, "noted": xmp.read(path)}


def _manifest_facts(path: Path, content_type: str, *, roots: str, serials: frozenset[str]) -> dict[str, Any]:
    if content_type in UNSIGNED:
        return {"state": "none", "takes_no_signature": True}
    context = Context(Settings.from_dict(library_settings(roots=roots)))
    try:
        with path.open("rb") as file:
            reader = Reader.try_create(content_type, file, None, context)
            if reader is None:
                return {"state": "none"}
            with reader:
                return _said(json.loads(reader.json()), str(reader.get_validation_state()), serials)
    except C2paError as error:
        return {"state": "broken", "failures": [_short(error)]} if _MANIFEST in path.read_bytes() else {"state": "damaged"}


def _said(report: dict[str, Any], state: str, serials: frozenset[str]) -> dict[str, Any]:
    manifests = report.get("manifests", {})
    manifest = manifests.get(report.get("active_manifest"), {})
    signature = manifest.get("signature_info", {})
    is_ours = state == "Trusted" and signature.get("cert_serial_number") in serials
    generation = _assertion(manifest, GENERATION)
    actions = _actions(manifest)
    generator = (manifest.get("claim_generator_info") or [{}])[0]
    return {
        "state": "broken" if state == "Invalid" else "ours" if is_ours else "signed",
        "failures": _failures(report),
        "issuer": _short(signature.get("issuer")),
        "signer": _short(signature.get("common_name")),
        "program": _short(" ".join(str(generator[part]) for part in ("name", "version") if generator.get(part))),
        "model": _short(generation.get("modelName") or generation.get("model")),
        "made_at": _short(generation.get("madeAt") or signature.get("time") or next((act["when"] for act in actions if "when" in act), "")),
        "source_type": _source_type(manifest, manifests),
        "changes": [_short(action.get("action")) for action in actions][:10],
    }


def _source_type(manifest: dict[str, Any], manifests: dict[str, Any], depth: int = 8) -> str:
    """The last word of what this manifest says, or else the one that it was made from."""
    for action in _actions(manifest):
        if found := action.get("digitalSourceType"):
            return _short(str(found).rpartition("/")[2])
    for ingredient in manifest.get("ingredients") or []:
        parent = manifests.get(ingredient.get("active_manifest"))
        if depth and parent and ingredient.get("relationship") == "parentOf":
            return _source_type(parent, manifests, depth - 1)
    return ""


def _actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = [_assertion(manifest, label) for label in ("c2pa.actions.v2", "c2pa.actions")]
    return [action for data in found for action in data.get("actions") or [] if isinstance(action, dict)]


def _assertion(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    for assertion in manifest.get("assertions") or []:
        if assertion.get("label") == label and isinstance(assertion.get("data"), dict):
            return dict(assertion["data"])
    return {}


def _failures(report: dict[str, Any]) -> list[str]:
    failed = report.get("validation_results", {}).get("activeManifest", {}).get("failure") or []
    return [_short(failure.get("code")) for failure in failed][:10]


def _short(value: object) -> str:
    return "".join(character for character in str(value or "") if character.isprintable())[:_LONGEST]


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer the one question on stdin."""
    _bound()
    asked = json.load(sys.stdin)
    facts = facts_of(Path(asked["path"]), asked["content_type"], roots=asked["roots"], serials=frozenset(asked["serials"]))
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
