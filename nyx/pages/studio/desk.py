"""What one person has to write prompts with, for one tool; the presets that were read stay known."""

from __future__ import annotations

from collections.abc import Iterable

from nyx.services.catalog import Capability
from nyx.services.prompts.presets import shipped_negatives, shipped_styles
from nyx.services.prompts.service import PromptService
from nyx.services.prompts.views import Enhancement, LibraryPrompt, PastPrompt, Preset


class PromptDesk:
    """The presets of the app are there at once, a person's own once they were read."""

    def __init__(self, prompts: PromptService, *, capability: Capability, owner_id: str) -> None:
        self._prompts = prompts
        self._capability = capability
        self._owner_id = owner_id
        self.styles = shipped_styles()
        self.negatives = shipped_negatives()

    async def known(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Those of the keys that are styles; a person's own are read only where one is among them."""
        wanted = tuple(keys)
        if self._missing(wanted):
            await self.read_styles()
        missing = self._missing(wanted)
        return tuple(key for key in wanted if key not in missing)

    def chosen(self, keys: Iterable[str]) -> tuple[Preset, ...]:
        """The styles of these keys, in their order."""
        styles = {style.key: style for style in self.styles}
        return tuple(styles[key] for key in keys if key in styles)

    async def enhance(self, prompt: str) -> Enhancement:
        """A suggestion. Raises: InvalidInput, TooMany, ProviderError."""
        return await self._prompts.enhance(owner_id=self._owner_id, prompt=prompt, capability=self._capability)

    async def read_styles(self) -> None:
        """Learn the person's own styles."""
        self.styles = await self._prompts.list_styles(owner_id=self._owner_id)

    async def read_negatives(self) -> None:
        """Learn the person's own negative presets."""
        self.negatives = await self._prompts.list_negatives(owner_id=self._owner_id)

    async def save_style(self, key: str, *, name: str, before: str, after: str, negative: str) -> str:
        """Keep a new style, or with a key change one; returns its key. Raises: InvalidInput, NotFound, TooMany."""
        words = {"name": name, "before": before, "after": after, "negative": negative}
        if key:
            await self._prompts.change_style(owner_id=self._owner_id, key=key, **words)
        else:
            key = (await self._prompts.save_style(owner_id=self._owner_id, **words)).key
        await self.read_styles()
        return key

    async def delete_style(self, key: str) -> None:
        """Forget one of the person's own styles. Raises: NotFound."""
        await self._prompts.delete_preset(owner_id=self._owner_id, key=key)
        await self.read_styles()

    async def save_negative(self, *, name: str, negative: str) -> None:
        """Keep a new negative preset. Raises: InvalidInput, TooMany."""
        await self._prompts.save_negative(owner_id=self._owner_id, name=name, negative=negative)
        await self.read_negatives()

    async def change_negative(self, key: str, *, name: str, negative: str) -> None:
        """Replace one of the person's own negative presets. Raises: InvalidInput, NotFound."""
        await self._prompts.change_negative(owner_id=self._owner_id, key=key, name=name, negative=negative)
        await self.read_negatives()

    async def delete_negative(self, key: str) -> None:
        """Forget one of the person's own negative presets. Raises: NotFound."""
        await self._prompts.delete_preset(owner_id=self._owner_id, key=key)
        await self.read_negatives()

    async def library(self) -> tuple[LibraryPrompt, ...]:
        """Prompts to begin with, for this tool."""
        return await self._prompts.list_library(capability=self._capability)

    async def past(self, *, query: str, after: PastPrompt | None, limit: int) -> tuple[PastPrompt, ...]:
        """What the person asked before, the last used first, from behind ``after``."""
        before = (after.last_used_at, after.prompt) if after else None
        return await self._prompts.list_history(owner_id=self._owner_id, query=query, limit=limit, before=before)

    def _missing(self, keys: Iterable[str]) -> set[str]:
        return set(keys) - {style.key for style in self.styles}
