"""PromptService: what the studio offers around its prompt field. Suggestions only; nothing here generates or charges."""

from __future__ import annotations

from nyx.clock import Clock, Random
from nyx.db import Database
from nyx.errors import InvalidInput
from nyx.models import PresetKind
from nyx.services.prompts import repository
from nyx.services.prompts.enhancing import Enhancer
from nyx.services.prompts.presets import shipped_library, shipped_negatives, shipped_styles
from nyx.services.prompts.repository import Position
from nyx.services.prompts.views import Enhancement, LibraryPrompt, PastPrompt, Preset
from nyx.services.prompts.wildcards import expand, require_runnable

MAX_NAME = 60
MAX_WORDS = 1_000
MAX_NEGATIVE = 2_000
_MAX_PAGE = 100
_MAX_QUERY = 200


class PromptService:
    """Presets and history are their owner's; the library and what is shipped are everybody's."""

    def __init__(self, *, db: Database, clock: Clock, random: Random, enhancer: Enhancer) -> None:
        self._db = db
        self._clock = clock
        self._random = random
        self._enhancer = enhancer

    async def enhance(self, *, owner_id: str, prompt: str, capability: str = "text-to-image") -> Enhancement:
        """A better prompt as a suggestion; free of credits. Raises: InvalidInput, TooMany, ProviderError."""
        return await self._enhancer.enhance(owner_id=owner_id, prompt=prompt, kind="video" if capability.endswith("video") else "image")

    # Styles and negative presets

    async def list_styles(self, *, owner_id: str) -> tuple[Preset, ...]:
        """The person's own by name, then those of the app; apply one with ``presets.compose``."""
        return (*await self._own(owner_id, PresetKind.STYLE), *shipped_styles())

    async def list_negatives(self, *, owner_id: str) -> tuple[Preset, ...]:
        """The person's own by name, then those of the app; add one with ``presets.merged``."""
        return (*await self._own(owner_id, PresetKind.NEGATIVE), *shipped_negatives())

    async def save_style(self, *, owner_id: str, name: str, before: str = "", after: str = "", negative: str = "") -> Preset:
        """Keep a style of one's own. Raises: InvalidInput (its ``field`` names the input), TooMany."""
        return await self._save(owner_id, PresetKind.STYLE, _style(name, before, after, negative))

    async def save_negative(self, *, owner_id: str, name: str, negative: str) -> Preset:
        """Keep a negative preset of one's own. Raises: InvalidInput, TooMany."""
        return await self._save(owner_id, PresetKind.NEGATIVE, _negative(name, negative))

    async def change_style(self, *, owner_id: str, key: str, name: str, before: str = "", after: str = "", negative: str = "") -> None:
        """Replace a style of one's own. Safe to repeat. Raises: InvalidInput, NotFound."""
        await self._db.write(repository.change, id=key, owner_id=owner_id, preset=_style(name, before, after, negative))

    async def change_negative(self, *, owner_id: str, key: str, name: str, negative: str) -> None:
        """Replace a negative preset of one's own. Safe to repeat. Raises: InvalidInput, NotFound."""
        await self._db.write(repository.change, id=key, owner_id=owner_id, preset=_negative(name, negative))

    async def delete_preset(self, *, owner_id: str, key: str) -> None:
        """Forget a style or negative preset of one's own. Raises: NotFound."""
        await self._db.write(repository.delete, id=key, owner_id=owner_id)

    # What to begin with

    async def list_library(self, *, capability: str | None = None, query: str = "") -> tuple[LibraryPrompt, ...]:
        """Prompts to begin with: those for this capability, and of them those with every word of ``query`` in title, category or text."""
        words = query[:_MAX_QUERY].casefold().split()
        target = None if capability is None else f"text-to-{'video' if capability.endswith('video') else 'image'}"
        found = (entry for entry in shipped_library() if target in (None, entry.capability))
        return tuple(entry for entry in found if all(word in _searchable(entry) for word in words))

    async def list_history(
        self, *, owner_id: str, query: str = "", limit: int = 30, before: Position | None = None
    ) -> tuple[PastPrompt, ...]:
        """What the person asked before, every prompt once, the last used first; at most 100. ``before`` is (last_used_at, prompt)."""
        limit = min(max(limit, 1), _MAX_PAGE)
        async with self._db.read() as session:
            return await repository.list_past(
                session, owner_id=owner_id, query=_plain(query[:_MAX_QUERY]).strip(), limit=limit, before=before
            )

    async def _own(self, owner_id: str, kind: PresetKind) -> tuple[Preset, ...]:
        async with self._db.read() as session:
            return await repository.list_presets(session, owner_id=owner_id, kind=kind)

    async def _save(self, owner_id: str, kind: PresetKind, preset: Preset) -> Preset:
        key = self._random.id()
        await self._db.write(repository.add, id=key, owner_id=owner_id, kind=kind, preset=preset, now=self._clock.now())
        return Preset(key=key, name=preset.name, before=preset.before, after=preset.after, negative=preset.negative, is_own=True)


def _style(name: str, before: str, after: str, negative: str) -> Preset:
    preset = Preset(
        key="",
        name=_name(name),
        before=_choices(before, "before"),
        after=_choices(after, "after"),
        negative=_text(negative, MAX_NEGATIVE, "negative"),
    )
    if not (preset.before or preset.after or preset.negative):
        raise InvalidInput("Write what the style adds: words before or after the prompt, or what to leave out.", field="after")
    return preset


def _choices(words: str, field: str) -> str:
    """Words that may hold wildcards; one that could never be run is refused here, where it can be mended."""
    given = _text(words, MAX_WORDS, field)
    try:
        require_runnable(expand(given))
    except InvalidInput as problem:
        raise InvalidInput(str(problem), field=field) from problem
    return given


def _negative(name: str, negative: str) -> Preset:
    left_out = _text(negative, MAX_NEGATIVE, "negative")
    if not left_out:
        raise InvalidInput("Write what to leave out.", field="negative")
    return Preset(key="", name=_name(name), negative=left_out)


def _name(name: str) -> str:
    given = " ".join(_text(name, MAX_NAME, "name").split())
    if not given:
        raise InvalidInput("Give it a name.", field="name")
    return given


def _text(words: str, longest: int, field: str) -> str:
    given = words.strip()
    if len(given) > longest:
        raise InvalidInput(f"This may have up to {longest:,} characters; it has {len(given):,}.", field=field)
    if given != _plain(given):
        raise InvalidInput("This contains a character that can't be kept. Type it again without special symbols.", field=field)
    return given


def _plain(words: str) -> str:
    """Without what one database or the other can't store."""
    return "".join(character for character in words if character != "\x00" and not "\ud800" <= character <= "\udfff")


def _searchable(entry: LibraryPrompt) -> str:
    return f"{entry.title} {entry.category} {entry.prompt}".casefold()
