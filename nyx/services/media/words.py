"""What a person types into the search box, as a query that neither database can stumble over. Pure."""

from __future__ import annotations

from nyx.folding import folded_words

_MAX_WORDS = 12

# PostgreSQL's index is on exactly this: the words as they are, without a parser that would have a mind of its own.
INDEXED = "array_to_tsvector(string_to_array(g.words, ' '))"


def words_of(typed: str) -> tuple[str, ...]:
    """The words to look for, at most 12; empty when nothing in it can be looked for. Every one of them has to be found."""
    return folded_words(typed)[:_MAX_WORDS]


def fts5_query(words: tuple[str, ...], *, owner_id: str) -> str:
    """For the table ``media_words``. The last word may go on: ``a fo`` finds ``a fox``."""
    quoted = [f'"{word}"' for word in words]
    return f'owner : "{owner_id}" AND words : ({" AND ".join(quoted)} *)'


def tsquery(words: tuple[str, ...]) -> str:
    """As PostgreSQL writes a ``tsquery``; the last word may go on here too."""
    return " & ".join(f"'{word}'" for word in words) + ":*"
