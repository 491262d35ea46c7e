"""Words in a prompt that make the sandbox misbehave, like a card network's test numbers. Reading them only; together.py acts.

===============  ==================================================  ====================================================
word             a picture                                           a clip
===============  ==================================================  ====================================================
[fail], [fail 1] 400 "Image generation failed." (with a number:      accepted, then the job fails (the same)
                 the first so many times only)
[reject]         422, stopped by the safety checker                  the same
[slow 20]        takes 20 s longer (any number; 20 when left out)    the same
[429], [429 3]   the first 2 (3) tries get 429 with retry-after 1    the same
[500]            500, not accepted                                   the same
[hang]           accepted, but no answer ever comes                  accepted, but the submit gets no answer
[stuck]          the same as [hang]                                  the job stays in_progress for ever
[truncate]       the first download (of [truncate 3]: the first 3)   the same
                 is cut off half-way
[expire]         the link is dead from the start                     the same
[empty]          200 with no picture in it                           completed without outputs
[late]           the answer comes after SandboxSettings.late_s       the job completes after late_s
[duplicate]      the picture is in the answer twice                  completed, on the next poll in_progress again, then
                                                                     completed with another link
===============  ==================================================  ====================================================

Words combine; what stops a request earlier wins. A word that is not in this table is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """One fault word."""

    FAIL = "fail"
    REJECT = "reject"
    SLOW = "slow"
    BUSY = "429"
    BROKEN = "500"
    HANG = "hang"
    STUCK = "stuck"
    TRUNCATE = "truncate"
    EXPIRE = "expire"
    EMPTY = "empty"
    LATE = "late"
    DUPLICATE = "duplicate"


_DEFAULTS = {Fault.FAIL: 0, Fault.SLOW: 20, Fault.BUSY: 2, Fault.TRUNCATE: 1}
_WORD = re.compile(r"\[(" + "|".join(Fault) + r")(?:\s+(\d{1,4}))?\]", re.IGNORECASE)


@dataclass(frozen=True)
class Faults:
    """The faults that a prompt asks for, with their numbers."""

    numbers: Mapping[Fault, int] = field(default_factory=dict)

    def __contains__(self, fault: Fault) -> bool:
        return fault in self.numbers

    def number(self, fault: Fault) -> int:
        """Return the word's number, or 0 when the word is absent."""
        return self.numbers.get(fault, 0)

    def without(self, fault: Fault) -> Faults:
        """The others."""
        return Faults({one: number for one, number in self.numbers.items() if one is not fault})


def faults_in(prompt: str) -> Faults:
    """Find the fault words of a prompt."""
    found: dict[Fault, int] = {}
    for word, number in _WORD.findall(prompt):
        fault = Fault(word.lower())
        found[fault] = int(number) if number else _DEFAULTS.get(fault, 1)
    return Faults(found)


def without_faults(prompt: str) -> str:
    """Return what is left to draw."""
    return " ".join(_WORD.sub(" ", prompt).split())
