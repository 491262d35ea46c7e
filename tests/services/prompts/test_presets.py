"""Styles, negative presets and the library that are shipped, and how a style goes around a prompt."""

from __future__ import annotations

import pytest

from nyx.services.catalog import Capability
from nyx.services.prompts.presets import compose, merged, shipped_library, shipped_negatives, shipped_styles
from nyx.services.prompts.views import Preset
from nyx.services.prompts.wildcards import has_wildcards


class TestCompose:
    def test_without_a_style_nothing_changes(self) -> None:
        composed = compose("a fox ", "blur", None)
        assert (composed.prompt, composed.negative_prompt) == ("a fox ", "blur")

    @pytest.mark.parametrize(
        ("before", "after", "prompt", "expected"),
        [
            ("A photo of", "50 mm", "a fox", "A photo of a fox, 50 mm"),
            ("", "50 mm", "a fox,", "a fox, 50 mm"),
            ("A photo of", "", "a fox", "A photo of a fox"),
            ("", "50 mm", "", "50 mm"),
        ],
    )
    def test_words_stand_around_the_prompt(self, before: str, after: str, prompt: str, expected: str) -> None:
        assert compose(prompt, "", Preset(key="x", name="X", before=before, after=after)).prompt == expected

    def test_what_to_leave_out_is_joined_without_repeats(self) -> None:
        assert compose("a", "Blur, text", Preset(key="x", name="X", negative="blur, noise")).negative_prompt == "Blur, text, noise"
        assert merged("", "a, b") == "a, b"


class TestShipped:
    def test_there_are_enough_and_each_is_complete_and_unique(self) -> None:
        assert 12 <= len(shipped_styles()) <= 16
        assert 4 <= len(shipped_negatives()) <= 6
        assert 20 <= len(shipped_library()) <= 30
        for entries in (shipped_styles(), shipped_negatives(), shipped_library()):
            assert len({entry.key for entry in entries}) == len(entries)
        assert all(style.name and (style.before or style.after) for style in shipped_styles())
        assert all(preset.negative for preset in shipped_negatives())

    def test_every_library_prompt_runs_as_it_stands(self) -> None:
        for entry in shipped_library():
            assert entry.capability in set(Capability)
            assert 20 < len(entry.prompt) < 400
            assert not has_wildcards(entry.prompt)
