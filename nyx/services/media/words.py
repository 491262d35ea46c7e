"""What a person types into the search box, as a query that neither database can stumble over. Pure."""

from __future__ import annotations

_MAX_WORDS = 12
_MAX_CHARS = 60


def words_of(typed: str) -> tuple[str, ...]:
    """The pieces to look for, at most 12; empty when nothing in it can be looked for. Every one of them has to be found."""
    pieces = ("".join(character for character in piece if character.isprintable()) for piece in typed.split())
    return tuple(piece[:_MAX_CHARS] for piece in pieces if any(map(str.isalnum, piece[:_MAX_CHARS])))[:_MAX_WORDS]


def fts5_query(words: tuple[str, ...], *, owner_id: str) -> str:
    """For the table ``media_words``. The last word may go on: ``a fo`` finds ``a fox``."""
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return f'owner : "{owner_id}" AND prompt : ({" AND ".join(quoted)} *)'


def tsquery(words: tuple[str, ...]) -> str:
    """For ``to_tsquery``; the last word may go on here too."""
    quoted = ["'" + word.replace("\\", " ").replace("'", " ") + "'" for word in words]
    return " & ".join(quoted) + ":*"
