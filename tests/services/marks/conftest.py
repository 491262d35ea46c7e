"""One person on Free and one on Pro, in the whole app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from nyx.models.people import Plan
from tests.services.marks.kit import Maker, maker
from tests.support.app import PASSWORD, client_of, sign_up_or_in

if TYPE_CHECKING:
    from nyx.app import App


@pytest.fixture
async def free(app: App) -> AsyncIterator[Maker]:
    async with client_of(app) as admin, client_of(app) as client:
        await sign_up_or_in(admin, email="first@example.com", password=PASSWORD)
        yield await maker(app, client, "free@example.com", Plan.FREE)
