"""What an address of the gallery asks for, and the address of what is shown: every view can be reloaded, kept and sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from nyx.services.media.views import Filters, MediaKind

PATH = "/dashboard/gallery"
_LONGEST = 200
_ID = re.compile(r"[0-9a-f]{32}")
_NO_TEXT = re.compile("[\\x00\\ud800-\\udfff]")  # PostgreSQL takes none of them
_KINDS: Mapping[str, MediaKind] = {"image": "image", "video": "video"}


class Section(StrEnum):
    """Where one is: the tabs, and inside one collection."""

    ALL = "all"
    FAVOURITES = "favourites"
    COLLECTIONS = "collections"
    COLLECTION = "collection"
    TRASH = "trash"


@dataclass(frozen=True, kw_only=True)
class View:
    """One view of the gallery. Days are whole and in UTC, both included; ``in_pages``: no endless scroll."""

    section: Section = Section.ALL
    collection_id: str | None = None
    words: str = ""
    kind: MediaKind | None = None
    model_key: str | None = None
    since: date | None = None
    until: date | None = None
    oldest_first: bool = False
    in_pages: bool = False
    after: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether some of the section may be hidden."""
        return bool(self.words.strip() or self.kind or self.model_key or self.since or self.until)

    @property
    def filters(self) -> Filters:
        """What the library is asked."""
        return Filters(
            words=self.words,
            kind=self.kind,
            model_key=self.model_key,
            is_favourite=self.section is Section.FAVOURITES,
            since=_midnight(self.since),
            until=_midnight(self.until + timedelta(days=1)) if self.until else None,
            collection_id=self.collection_id,
            in_trash=self.section is Section.TRASH,
            oldest_first=self.oldest_first,
        )

    def narrowed(self, params: Mapping[str, str]) -> View:
        """The same section through other filters, from its beginning."""
        return replace(view_of(params), section=self.section, collection_id=self.collection_id, after=None)

    def params(self) -> dict[str, str]:
        """What ``view_of`` reads; what is as usual is left out."""
        asked = {
            "tab": "" if self.section in (Section.ALL, Section.COLLECTION) else self.section.value,
            "collection": self.collection_id or "",
            "q": self.words,
            "type": self.kind or "",
            "model": self.model_key or "",
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "sort": "oldest" if self.oldest_first else "",
            "show": "pages" if self.in_pages else "",
            "after": self.after or "",
        }
        return {name: value for name, value in asked.items() if value}

    def address(self) -> str:
        """The path with its query."""
        query = urlencode(self.params())
        return f"{PATH}?{query}" if query else PATH

    def following(self, after: str | None) -> str:
        """The address of the page that begins there."""
        return replace(self, after=after).address()


def view_of(params: Mapping[str, str]) -> View:
    """What the parameters of an address ask for; what can't be understood asks for nothing."""

    def given(name: str) -> str:
        words = params.get(name, "")[:_LONGEST]
        return "" if _NO_TEXT.search(words) else words

    collection = given("collection")
    collection_id = collection if _ID.fullmatch(collection) else None
    tabs = {Section.FAVOURITES, Section.COLLECTIONS, Section.TRASH}
    section = Section.COLLECTION if collection_id else next((tab for tab in tabs if tab == given("tab")), Section.ALL)
    return View(
        section=section,
        collection_id=collection_id,
        words=given("q"),
        kind=_KINDS.get(given("type")),
        model_key=given("model") or None,
        since=_day(given("from")),
        until=_day(given("to")),
        oldest_first=given("sort") == "oldest",
        in_pages=given("show") == "pages",
        after=given("after") or None,
    )


def _day(words: str) -> date | None:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return None
    return day if 1970 < day.year < 9000 else None


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
