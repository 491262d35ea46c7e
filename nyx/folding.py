"""Words as they are looked for: without capitals and accents, in every script, the same on every database. Pure."""

from __future__ import annotations

import unicodedata

_LONGEST_WORD = 60  # characters; what is longer is cut, where it is stored and where it is looked for

# Marks that people leave out when they type. Those of other scripts, as the voiced か゛, make another letter and stay.
_OPTIONAL_MARKS = ((0x0300, 0x036F), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670))
# Letters of their own to Unicode, with a stroke or joined, that people type as these.
_PLAIN = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "ł": "l", "ŧ": "t", "þ": "th"})


def folded_words(text: str) -> tuple[str, ...]:
    """The words in a text, each once, in their order. ``Café, CAFE`` is ``cafe``; a word is letters, digits and their marks."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(character for character in spread if not _is_optional(character)).translate(_PLAIN)
    apart = "".join(character if unicodedata.category(character)[0] in "LMN" else " " for character in unicodedata.normalize("NFC", plain))
    return tuple(dict.fromkeys(word[:_LONGEST_WORD] for word in apart.split() if any(map(str.isalnum, word[:_LONGEST_WORD]))))


def _is_optional(character: str) -> bool:
    return unicodedata.category(character) == "Mn" and any(first <= ord(character) <= last for first, last in _OPTIONAL_MARKS)
