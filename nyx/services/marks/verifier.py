"""Says in plain words what a stranger's file tells about its origin. It keeps nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from nyx.errors import InvalidInput
from nyx.services.marks.identity import Signers
from nyx.services.marks.xmp import SourceType

log = logging.getLogger(__name__)

Verdict = Literal["ours", "signed", "broken", "noted", "nothing"]

_AT_ONCE = 2
_PATIENCE_S = 25.0
_MODULE = "nyx.services.marks.reading"
_ROOT = Path(__file__).parents[3]

_SOURCES = {
    SourceType.TRAINED: "Made by an AI model",
    SourceType.COMPOSITE: "Made by an AI model from a picture that somebody brought",
    SourceType.DRAWN: "Drawn by a program, not by an AI model",
    "compositeSynthetic": "Put together, with parts made by an AI model",
    "composite": "Put together from several sources",
    "compositeCapture": "Put together from several photographs",
    "digitalCapture": "Taken with a camera",
    "computationalCapture": "Taken with a camera that computes",
    "digitalCreation": "Made by a person with a program",
    "humanEdits": "Edited by a person",
    "minorHumanEdits": "Edited a little by a person",
    "algorithmicallyEnhanced": "Improved by a program",
    "dataDrivenMedia": "Drawn from data by a program",
    "screenCapture": "A picture of a screen",
    "virtualRecording": "A recording of something virtual",
    "negativeFilm": "Scanned from a negative",
    "positiveFilm": "Scanned from a slide",
    "print": "Scanned from a print",
}
_NO_SIGNATURE = "A WebM can't be signed by C2PA: one that this studio made carries such a note and no more."
_FAILURES = (  # the first that fits says what is wrong
    ("assertion.dataHash", "The picture was changed after it was signed."),
    ("assertion.bmffHash", "The clip was changed after it was signed."),
    ("assertion.boxesHash", "The file was changed after it was signed."),
    ("assertion.", "What the manifest says was changed after it was signed."),
    ("claimSignature", "The signature does not fit what it is meant to sign."),
    ("signingCredential.expired", "The signer's certificate had expired."),
    ("signingCredential.revoked", "The signer's certificate was withdrawn."),
    ("signingCredential.invalid", "The signer's certificate is not one that may sign."),
    ("ingredient", "Something that this file was made from does not fit what is said about it."),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is known about a file: a verdict for machines, a title, a sentence or two, and facts to list."""

    verdict: Verdict
    title: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()


class Verifier:
    """Reads each file in a process of its own, two at a time; a file that takes too long or breaks it is refused in words."""

    def __init__(self, signers: Signers) -> None:
        self._signers = signers
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def verify(self, path: Path, content_type: str) -> Finding:
        """Raises: InvalidInput, when the file can't be read at all."""
        question = {"path": str(path), "content_type": content_type, "roots": self._signers.roots, "serials": sorted(self._signers.serials)}
        async with self._turns:
            facts = await _ask(question)
        if facts["state"] == "damaged":
            raise _unreadable()
        return finding_of(facts)


async def _ask(question: dict[str, Any]) -> dict[str, Any]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", _MODULE, stdin=pipe, stdout=pipe, stderr=pipe, cwd=_ROOT)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said, complained = await process.communicate(json.dumps(question).encode())
        if process.returncode == 0:
            return dict(json.loads(said))
        log.warning(
            "A file could not be verified", extra={"code": process.returncode, "reason": complained[-500:].decode(errors="replace")}
        )
    except TimeoutError:
        log.warning("A file took too long to verify")
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    raise _unreadable()


def _unreadable() -> InvalidInput:
    return InvalidInput("This file is damaged or built so strangely that it can't be read.", field="file")


def finding_of(facts: dict[str, Any]) -> Finding:
    """The words for what ``reading.facts_of`` found."""
    state, noted = facts["state"], facts.get("noted")
    kind = f" {_NO_SIGNATURE}" if facts.get("takes_no_signature") else ""
    if state == "ours":
        return _ours(facts)
    if state == "signed":
        return _signed(facts)
    if state == "broken":
        return _broken(facts)
    if noted:
        return Finding(
            verdict="noted",
            title="A note, but no signature",
            text=f"The file says where it comes from, but nobody signed that: anyone could have written or removed it.{kind}",
            facts=(("The note says", source_words(noted)),),
        )
    return Finding(
        verdict="nothing",
        title="Nothing is known about this file",
        text="It carries no signature and no note about its origin. That proves nothing: such marks are easily lost,"
        f" for example in a screenshot or when a site makes its own copy.{kind}",
    )


def source_words(name: str) -> str:
    """IPTC's digital source type in plain words; its own name for one that we have no words for."""
    return _SOURCES.get(name, name)


def _ours(facts: dict[str, Any]) -> Finding:
    was_drawn = facts.get("source_type") == SourceType.DRAWN
    how = "It was drawn by the sandbox, which is no AI model." if was_drawn else "It was made by an AI model."
    return Finding(
        verdict="ours",
        title="Made in this studio",
        text=f"This studio signed the file, and nobody changed it since. {how}",
        facts=_listed(facts),
    )


def _signed(facts: dict[str, Any]) -> Finding:
    return Finding(
        verdict="signed",
        title="Signed elsewhere",
        text="The file was not changed since it was signed. Who the signer really is this studio can't tell: it knows its own key only.",
        facts=_listed(facts),
    )


def _broken(facts: dict[str, Any]) -> Finding:
    failures = facts.get("failures", [])
    why = next((words for start, words in _FAILURES if any(code.startswith(start) for code in failures)), "The manifest can't be read.")
    claims = _listed(facts)
    return Finding(
        verdict="broken",
        title="The signature does not hold",
        text=f"{why} " + ("Below is what it claims; none of it can be relied on." if claims else "Nothing in it can be relied on."),
        facts=claims,
    )


def _listed(facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    source = facts.get("source_type")
    signer = ", ".join(dict.fromkeys(name for name in (facts.get("signer"), facts.get("issuer")) if name))
    named = {
        "Origin": source_words(source) if source else "",
        "Model": facts.get("model", ""),
        "Made": _day(facts.get("made_at", "")),
        "Program": facts.get("program", ""),
        "Signer": signer,
        "Changes": _changes(facts.get("changes", [])),
    }
    return tuple((name, value) for name, value in named.items() if value)


def _day(written: str) -> str:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return f"{moment:%d %B %Y, %H:%M}{' UTC' if moment.utcoffset() is not None and not moment.utcoffset() else ''}".lstrip("0")


def _changes(actions: list[str]) -> str:
    words = {
        "c2pa.edited": "edited",
        "c2pa.cropped": "cropped",
        "c2pa.converted": "converted to another format",
        "c2pa.transcoded": "encoded anew",
    }
    return ", ".join(dict.fromkeys(words[action] for action in actions if action in words)).capitalize()
