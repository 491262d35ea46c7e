"""Who looks at a page, as its frame shows them."""

from __future__ import annotations

from fastapi import Request

from nyx.services.credits.service import CreditService
from nyx.theme import Viewer


async def viewer_of(request: Request, credits: CreditService) -> Viewer | None:
    """The signed-in person with their balance, or None for a visitor."""
    user = getattr(request.state, "user", None)
    if user is None:
        return None
    summary = await credits.summary(user.id)
    return Viewer(email=user.email, credits=summary.available, is_admin=user.is_admin)
