"""What the gallery's addresses mean and what it says, without a page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nyx.pages.gallery.address import PATH, Section, View, view_of
from nyx.pages.gallery.choices import Act, Choice, act_of, ids_of
from nyx.pages.gallery.words import nothing_text, size_text
from nyx.services.media.views import Filters
from nyx.services.media.words import fts5_query, tsquery, words_of

ID = "0123456789abcdef" * 2


class TestView:
    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"tab": "trash", "q": "fox & owl"},
            {"tab": "favourites", "type": "video", "model": "maker/model", "sort": "oldest"},
            {"collection": ID, "from": "2026-01-02", "to": "2026-02-03", "show": "pages", "after": "5-ab"},
        ],
    )
    def test_an_address_and_what_it_shows_are_the_same(self, params: dict[str, str]) -> None:
        assert view_of(params).params() == params

    def test_days_are_whole(self) -> None:
        filters = view_of({"from": "2026-01-02", "to": "2026-01-02"}).filters
        assert (filters.since, filters.until) == (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))

    def test_other_filters_begin_anew_in_the_same_place(self) -> None:
        view = view_of({"collection": ID, "q": "fox", "after": "5-ab"}).narrowed({"q": "owl", "tab": "trash"})
        assert view.params() == {"collection": ID, "q": "owl"}

    def test_as_usual_it_asks_for_nothing(self) -> None:
        assert View().address() == PATH
        assert View().filters == Filters()

    @pytest.mark.parametrize("section", list(Section))
    def test_every_section_says_what_it_is_when_it_is_empty(self, section: Section) -> None:
        assert all(nothing_text(View(section=section)))

    @pytest.mark.parametrize("made_up", ["\x00", "a\x00b", "\ud800"])
    def test_what_no_database_takes_asks_for_nothing(self, made_up: str) -> None:
        view = view_of({"q": made_up, "model": made_up})
        assert (view.words, view.model_key) == ("", None)


class TestChoices:
    def test_are_read_from_what_a_page_says(self) -> None:
        assert act_of({"act": "collect", "ids": [ID], "target": ID}) == Choice(Act.COLLECT, (ID,), ID)

    @pytest.mark.parametrize(
        "sent", [None, "trash", {"act": "trash"}, {"act": "trash", "ids": []}, {"act": "x", "ids": [ID]}, {"act": "trash", "ids": ["../x"]}]
    )
    def test_anything_else_is_none(self, sent: object) -> None:
        assert act_of(sent) is None

    def test_more_than_five_hundred_are_none(self) -> None:
        assert len(ids_of([ID] * 500)) == 500
        assert ids_of([ID] * 501) == ()


class TestWords:
    def test_are_what_can_be_looked_for(self) -> None:
        assert words_of('  a "fox"   !!! — don\'t ') == ("a", "fox", "don", "t")
        assert words_of(" ".join(map(str, range(40)))) == tuple(map(str, range(12)))
        assert fts5_query(("fox", "ra"), owner_id=ID) == f'owner : "{ID}" AND words : ("fox" AND "ra" *)'
        assert tsquery(("fox", "ra")) == "'fox' & 'ra':*"


class TestSizes:
    @pytest.mark.parametrize(("size", "words"), [(1, "1 KB"), (84_000, "84 KB"), (2_440_000, "2.4 MB"), (3_210_000_000, "3.2 GB")])
    def test_read_like_those_of_a_file_manager(self, size: int, words: str) -> None:
        assert size_text(size) == words
