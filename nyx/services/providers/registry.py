"""The providers that this installation can use, by key. Which model runs where is the catalogue's matter."""

from __future__ import annotations

from collections.abc import Iterable

from nyx.errors import NotFound
from nyx.services.providers.base import Provider


class ProviderRegistry:
    """Finds a provider by its key."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._by_key = {provider.key: provider for provider in providers}

    def get(self, key: str) -> Provider:
        """Return the provider. Raises: NotFound when this installation has none of that key."""
        try:
            return self._by_key[key]
        except KeyError:
            raise NotFound(f"This studio has no provider named {key}.") from None

    def keys(self) -> tuple[str, ...]:
        """List every key."""
        return tuple(self._by_key)
