"""Every setting is documented, and only nyx/config.py reads the environment."""

from __future__ import annotations

import re

import pytest

from nyx.config import PREFIX, Settings
from tests.support.source import ROOT

_NAME = re.compile(r"\b(?:NYX|TOGETHER)_[A-Z0-9_]*[A-Z0-9]\b")


def names() -> list[str]:
    """Each setting as it is written in the environment."""
    return [str(getattr(field.validation_alias, "choices", [PREFIX + name.upper()])[0]) for name, field in Settings.model_fields.items()]


@pytest.mark.parametrize("page", [".env.example", "docs/configure.md"])
class TestDocumentation:
    def test_names_every_setting(self, page: str) -> None:
        text = (ROOT / page).read_text(encoding="utf-8")

        assert [name for name in names() if not re.search(rf"\b{name}\b", text)] == []

    def test_names_no_setting_that_does_not_exist(self, page: str) -> None:
        text = (ROOT / page).read_text(encoding="utf-8")

        assert set(_NAME.findall(text)) - set(names()) <= {"NYX_CRASH_POINT"}
