"""What a file was made from and used in, for whoever can tell: the gallery asks, and shows nothing when there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from nyx.pages._cards import alt_text
from nyx.services.media.views import MediaView


class Lineage(Protocol):
    """The neighbours of one file in the order of its making, as far as the owner still has them."""

    @property
    def made_from(self) -> Sequence[MediaView]: ...
    @property
    def used_in(self) -> Sequence[MediaView]: ...


class LineageReader(Protocol):
    """Finds them. What is not the owner's has none."""

    async def lineage(self, *, owner_id: str, media_id: str) -> Lineage: ...


def groups_of(lineage: Lineage) -> list[dict[str, Any]]:
    """What the lightbox's component is fed; empty groups are left out."""
    groups = (("Made from", lineage.made_from), ("Used in", lineage.used_in))
    return [{"title": title, "items": [{"id": one.id, "alt": alt_text(one)} for one in views]} for title, views in groups if views]
