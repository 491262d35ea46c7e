"""The simulated browser of the page tests: what one test leaves behind must not act in the next."""

from __future__ import annotations

import pytest
from nicegui import ui

from nyx.app import App
from tests.support.app import client_of, simulated_user


class TestLeaving:
    async def test_a_user_acts_for_the_page_until_they_leave(self, app: App) -> None:
        async with client_of(app) as client:
            with simulated_user(client) as user:
                await user.open("/login")
                assert ui.navigate is user.navigate
        own = ui.navigate = object()  # type: ignore[assignment]

        assert user.back_history == ["/login"]
        assert ui.navigate is own

    async def test_a_leftover_of_theirs_can_not_take_the_page_over(self, app: App) -> None:
        async with client_of(app) as client:
            with simulated_user(client) as user:
                await user.open("/login")
                leftover = user.open
            own = ui.navigate = object()  # type: ignore[assignment]

            with pytest.raises(AssertionError):
                await leftover("/nowhere")
        assert ui.navigate is own
