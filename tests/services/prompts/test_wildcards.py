"""Wildcards: what they stand for, how many, and what is said when they make no sense."""

from __future__ import annotations

from contextlib import suppress
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nyx.errors import InvalidInput
from nyx.services.catalog import Quote
from nyx.services.prompts.wildcards import MAX_PROMPTS, cost_credits, expand, has_wildcards, literal, require_runnable

MARKED = st.text(st.sampled_from("ab {|}\\"), max_size=60)


class TestExpand:
    @pytest.mark.parametrize(
        ("text", "prompts"),
        [
            ("a fox", ["a fox"]),
            ("a {red|blue} fox", ["a red fox", "a blue fox"]),
            ("{a|b} {c|d}", ["a c", "a d", "b c", "b d"]),
            ("{a|b{c|d}}", ["a", "bc", "bd"]),
            ("a{| very} cold day", ["a cold day", "a very cold day"]),
            ("{a|a|b}", ["a", "b"]),
            (r"a \{red\|blue\} fox", ["a {red|blue} fox"]),
            (r"{a\|b|c}", ["a|b", "c"]),
            ("red|blue", ["red|blue"]),
            ('{"style": {"lens": "50 mm"}}', ['{"style": {"lens": "50 mm"}}']),
            ("{in {red|blue} braces}", ["{in red braces}", "{in blue braces}"]),
            ("a smile :} and { alone", ["a smile :} and { alone"]),
            (r"C:\temp", [r"C:\temp"]),
            ("", [""]),
        ],
    )
    def test_stands_for(self, text: str, prompts: list[str]) -> None:
        assert list(expand(text).prompts) == prompts

    def test_counts_what_it_does_not_write(self) -> None:
        expansion = expand("{a|b|c}" * 6)
        assert (expansion.combinations, len(expansion.prompts), expansion.is_too_many) == (729, MAX_PROMPTS, True)
        assert expansion.prompts[:2] == ("aaaaaa", "aaaaab")

    @pytest.mark.parametrize(
        "text",
        [
            "{a|b}" * 1_000,
            "{" * 5_000,
            "}" * 5_000,
            "{|" * 2_400 + "}" * 2,
            "|" * 5_000,
            "{" * 2_500 + "}" * 2_500,
            "a{" * 2_500,
            "{" * 2_500 + "{a|b}" * 500,
        ],
    )
    def test_the_worst_that_fits_the_field_is_answered_at_once(self, text: str) -> None:
        taken_s = []
        for _ in range(3):  # a busy machine may disturb one
            began_s = thread_time()
            with suppress(InvalidInput):
                assert expand(text).prompts
            taken_s.append(thread_time() - began_s)
        assert min(taken_s) < 0.15, "it runs after every key, on the loop that serves everybody"

    def test_more_text_than_that_is_refused_before_it_is_read(self) -> None:
        with pytest.raises(InvalidInput, match="up to 5,000 characters; this has 60,000"):
            expand("{" * 60_000)
        assert expand("a" * 60_000).prompts == ("a" * 60_000,)

    @pytest.mark.parametrize(("text", "words"), [("a {red|blue fox", "not closed"), ("{a|{b|{c|{d|e}}}}", "3 deep")])
    def test_says_what_is_wrong(self, text: str, words: str) -> None:
        with pytest.raises(InvalidInput, match=words):
            expand(text)

    @given(MARKED)
    def test_agrees_with_itself(self, text: str) -> None:
        try:
            expansion = expand(text)
        except InvalidInput:
            return
        assert 1 <= len(expansion.prompts) <= min(expansion.combinations, MAX_PROMPTS)
        assert len(set(expansion.prompts)) == len(expansion.prompts)
        assert has_wildcards(text) or expansion.combinations == 1

    @given(st.text(st.characters(exclude_characters="{|}\\"), max_size=60))
    def test_words_without_marks_are_left_alone(self, text: str) -> None:
        assert expand(text).prompts == (text,)


class TestCost:
    def test_is_that_of_every_prompt_with_all_its_outputs(self) -> None:
        assert cost_credits(expand("a {red|blue|red} fox"), Quote(model_key="m", unit_credits=3, outputs=2)) == 12


class TestLiteral:
    @given(MARKED)
    def test_stands_for_exactly_the_text(self, text: str) -> None:
        assert expand(literal(text)).prompts == (text,)

    def test_leaves_alone_what_is_no_choice(self) -> None:
        assert literal('a {fox} and {"json": 1}') == 'a {fox} and {"json": 1}'


class TestRequireRunnable:
    def test_names_the_number_and_the_most(self) -> None:
        with pytest.raises(InvalidInput, match="27 prompts, and 16"):
            require_runnable(expand("{a|b|c}" * 3))

    def test_lets_the_most_pass(self) -> None:
        assert len(require_runnable(expand("{a|b}" * 4)).prompts) == 16
