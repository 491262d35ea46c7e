"""Wildcards: ``a {red|blue} fox`` is two prompts. Pure; with a backslash, as in ``\\{``, a mark is meant as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from nyx.errors import InvalidInput
from nyx.services.catalog import Quote

MAX_PROMPTS = 16
MAX_DEPTH = 3
MAX_CHARS = 5_000  # as many as a prompt may have
_MARKS = "{|}"
_MARK = re.compile(r"(\\?[{|}])")


@dataclass(frozen=True)
class Expansion:
    """What will run: ``prompts`` without repeats, in the order written. ``combinations`` counts repeats, and those beyond the maximum."""

    prompts: tuple[str, ...]
    combinations: int

    @property
    def is_too_many(self) -> bool:
        """True when there are more than may run at once; then ``prompts`` holds the first of them."""
        return self.combinations > MAX_PROMPTS


@dataclass(frozen=True)
class _Group:
    options: tuple[tuple[_Node, ...], ...]
    depth: int
    count: int  # of the texts that it stands for


_Node = str | _Group


def expand(text: str) -> Expansion:
    """Every prompt that ``text`` stands for; a text without wildcards stands for itself.

    Raises: InvalidInput for a group left open, and for wildcards in more than 5,000 characters.
    """
    return expand_together([text], "".join)


def expand_together(texts: Sequence[str], join: Callable[[Sequence[str]], str]) -> Expansion:
    """The same for texts that make a prompt only when they are joined: each choice is one text's own, and never reaches into the next.

    The first text's choices change last. Raises: InvalidInput.
    """
    parts = [_parse(text) for text in texts]
    combinations = prod(map(_count, parts))
    prompts = dict.fromkeys(join(_each_nth(parts, number)) for number in range(min(combinations, MAX_PROMPTS)))
    return Expansion(prompts=tuple(prompts), combinations=combinations)


def has_wildcards(text: str) -> bool:
    """True when ``text`` stands for anything but itself."""
    return any(isinstance(node, _Group) for node in _parse(text))


def cost_credits(expansion: Expansion, quote: Quote) -> int:
    """Whole credits for all of them, when one of them costs ``quote``."""
    return len(expansion.prompts) * quote.total_credits


def literal(text: str) -> str:
    """Words for the prompt field that stand for exactly ``text``: what was asked for once never becomes a choice."""
    try:
        is_plain = expand(text).prompts == (text,)
    except InvalidInput:
        is_plain = False
    return text if is_plain else "".join(f"\\{character}" if character in _MARKS else character for character in text)


def require_runnable(expansion: Expansion) -> Expansion:
    """The same expansion, small enough to run. Raises: InvalidInput."""
    if expansion.is_too_many:
        many = f"{expansion.combinations:,}" if expansion.combinations < 10**9 else "more than a billion"
        words = f"These wildcards make {many} prompts, and {MAX_PROMPTS} is the most at once. Take some choices out."
        raise InvalidInput(words, field="prompt")
    return expansion


class _Open:
    """A brace that is not closed yet, with the options seen so far."""

    def __init__(self) -> None:
        self.options: list[list[_Node]] = [[]]

    def add(self, nodes: Sequence[_Node]) -> None:
        """Text beside text becomes one: it is copied again for every brace that it stands in."""
        option = self.options[-1]
        if option and nodes and isinstance(option[-1], str) and isinstance(nodes[0], str):
            option[-1] += nodes[0]
            nodes = nodes[1:]
        option += nodes

    def closed(self) -> Sequence[_Node]:
        """Braces around one thing, as in JSON, are just braces."""
        if len(self.options) == 1:
            plain = _Open()
            for nodes in (["{"], self.options[0], ["}"]):
                plain.add(nodes)
            return plain.options[0]
        depth = 1 + max((node.depth for option in self.options for node in option if isinstance(node, _Group)), default=0)
        if depth > MAX_DEPTH:
            raise InvalidInput(f"Wildcards may stand in each other {MAX_DEPTH} deep. Take a level out.", field="prompt")
        return [_Group(tuple(map(tuple, self.options)), depth, count=sum(map(_count, self.options)))]


def _parse(text: str) -> list[_Node]:
    if len(text) > MAX_CHARS and "{" in text:
        raise InvalidInput(f"Wildcards may stand in up to {MAX_CHARS:,} characters; this has {len(text):,}. Shorten it.", field="prompt")
    whole, opened = _Open(), list[_Open]()
    for piece in _pieces(text):
        inner = opened[-1] if opened else whole
        if piece == "{":
            opened.append(_Open())
        elif piece == "|" and opened:
            inner.options.append([])
        elif piece == "}" and opened:
            opened.pop()
            (opened[-1] if opened else whole).add(inner.closed())
        else:
            inner.add([piece.removeprefix("\\") if piece[1:] in _MARKS and len(piece) == 2 else piece])
    for left in opened:
        if len(left.options) > 1:
            raise InvalidInput("A choice is opened with { but not closed. Close it with }, or write \\{ for a plain brace.", field="prompt")
        whole.add(["{"])
        whole.add(left.options[0])
    return whole.options[0]


def _pieces(text: str) -> Iterator[str]:
    """Marks, escaped marks, and the stretches between them."""
    return filter(None, _MARK.split(text))


def _each_nth(parts: Sequence[Sequence[_Node]], number: int) -> list[str]:
    texts: list[str] = []
    for nodes in reversed(parts):
        number, index = divmod(number, _count(nodes))
        texts.append(_nth(nodes, index))
    return texts[::-1]


def _nth(nodes: Sequence[_Node], number: int) -> str:
    """The combination of this number, the leftmost choice changing last: by arithmetic, because there may be millions."""
    texts: list[str] = []
    for node in reversed(nodes):
        if isinstance(node, _Group):
            number, index = divmod(number, node.count)
            texts.append(_chosen(node, index))
        else:
            texts.append(node)
    return "".join(reversed(texts))


def _chosen(group: _Group, index: int) -> str:
    for option in group.options:
        if index < (count := _count(option)):
            return _nth(option, index)
        index -= count
    raise AssertionError("the index is below the group's count")


def _count(nodes: Sequence[_Node]) -> int:
    return prod(node.count for node in nodes if isinstance(node, _Group))
