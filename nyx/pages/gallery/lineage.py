"""What a file was made from and used in, in the lightbox's words."""

from __future__ import annotations

from typing import Any

from nyx.pages._cards import LONGEST_ALT
from nyx.services.generation.lineage import MediaLineage
from nyx.services.generation.views import LinkedPicture

_MOST = 24


async def groups_of(lineage: MediaLineage, *, owner_id: str, media_id: str) -> list[dict[str, Any]]:
    """What the lightbox's component is fed: the neighbours in the order of making that the owner still has; empty groups are left out."""
    made_from = await lineage.made_from(owner_id=owner_id, media_id=media_id)
    used_in = await lineage.used_in(owner_id=owner_id, media_id=media_id, limit=_MOST)
    groups = (("Made from", made_from), ("Used in", used_in))
    return [{"title": title, "items": [_item(title, one) for one in found]} for title, found in groups if found]


def _item(title: str, one: LinkedPicture) -> dict[str, str]:
    kind = "clip" if one.content_type.startswith("video/") else "picture"
    return {"id": one.media_id, "alt": f"{title}: a {kind} of {one.width_px} × {one.height_px}"[:LONGEST_ALT]}
