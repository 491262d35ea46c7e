"""All 78 model specs load, and a wrong entry names itself."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from nyx.services.catalog import BadCatalog, load_shipped
from nyx.services.catalog import spec as spec_module
from nyx.services.catalog.spec import parse

ENTRIES: list[dict[str, Any]] = json.loads(Path(spec_module.__file__).with_name("models.json").read_text())


class TestShipped:
    def test_every_model_is_there(self) -> None:
        specs = load_shipped()

        assert len(specs) == 78
        assert sum(spec.origin == "card" for spec in specs) == 54
        assert sum(spec.origin == "card" and spec.kind == "video" for spec in specs) == 22

    def test_every_offered_size_is_allowed(self) -> None:
        for spec in load_shipped():
            assert all(spec.allows_size(*size) for size in spec.offered_sizes), spec.key

    def test_a_model_that_names_an_area_is_offered_sizes_within_it(self) -> None:
        (wan,) = [spec for spec in load_shipped() if spec.area]
        low, high = wan.area or (0, 0)

        assert wan.provider_model_id == "Wan-AI/Wan2.6-image"
        assert all(low <= width * height <= high for width, height in wan.offered_sizes)

    def test_a_retired_model_names_a_successor_that_is_still_sold(self) -> None:
        by_key = {spec.key: spec for spec in load_shipped()}
        for spec in by_key.values():
            if spec.successor:
                assert by_key[spec.successor].together_state == "listed", spec.key


class TestParse:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"credits": 0}, "credits"),
            ({"credits": "many"}, "credits"),
            ({"kind": "sound"}, "kind"),
            ({"capabilities": []}, "capabilities"),
            ({"capabilities": ["text-to-video"]}, "kind image"),
            ({"sizes": ["huge"]}, "huge"),
            ({"price": {"usd": -1, "per": "image", "text": ""}}, "price.usd"),
            ({"successor": "no/such"}, "no/such"),
            ({"colour": "blue"}, "colour"),
            ({"together": None}, "together"),
        ],
    )
    def test_a_wrong_entry_names_itself(self, change: dict[str, Any], words: str) -> None:
        entries = copy.deepcopy(ENTRIES)
        entries[3] |= change

        with pytest.raises(BadCatalog) as caught:
            parse(entries)

        assert entries[3]["id"] in str(caught.value)
        assert words in str(caught.value)

    def test_a_key_that_is_listed_twice_is_refused(self) -> None:
        with pytest.raises(BadCatalog, match="listed twice"):
            parse([*ENTRIES, ENTRIES[0]])
