"""Fault words: found anywhere in a prompt, with their numbers, and never drawn."""

from __future__ import annotations

import pytest

import nyx.sandbox.faults as faults
from nyx.sandbox.faults import Fault, faults_in, without_faults


class TestFaultsIn:
    @pytest.mark.parametrize(
        ("prompt", "fault", "number"),
        [
            ("a fox [slow 7]", Fault.SLOW, 7), ("[slow] fox", Fault.SLOW, 20), ("a [FAIL] fox", Fault.FAIL, 0), ("[429]", Fault.BUSY, 2),
            ("[429 5]", Fault.BUSY, 5), ("[truncate 3]", Fault.TRUNCATE, 3), ("[fail 1]", Fault.FAIL, 1),
        ],
    )  # fmt: skip
    def test_reads_a_word_and_its_number(self, prompt: str, fault: Fault, number: int) -> None:
        assert faults_in(prompt).number(fault) == number

    @pytest.mark.parametrize("prompt", ["a fox", "fail", "[unknown]", "[fail", "(fail)", "[slow 123456]"])
    def test_leaves_anything_else_alone(self, prompt: str) -> None:
        assert faults_in(prompt).numbers == {}
        assert without_faults(prompt) == prompt

    def test_words_combine_and_are_not_drawn(self) -> None:
        found = faults_in("[slow 3] a fox [truncate]")
        assert Fault.SLOW in found
        assert Fault.TRUNCATE in found
        assert without_faults("[slow 3] a fox [truncate]") == "a fox"

    def test_every_word_is_explained(self) -> None:
        assert all(f"[{fault}]" in str(faults.__doc__) or f"[{fault} " in str(faults.__doc__) for fault in Fault)
