"""Whose outputs carry the visible mark."""

from __future__ import annotations

import pytest

from nyx.models.people import Plan, Role
from nyx.services.accounts.rules import carries_mark


class TestCarriesMark:
    @pytest.mark.parametrize("role", list(Role))
    @pytest.mark.parametrize("plan", list(Plan))
    def test_only_of_a_creator_on_the_free_plan(self, role: Role, plan: Plan) -> None:
        assert carries_mark(role, plan) is ((role, plan) == (Role.CREATOR, Plan.FREE))
