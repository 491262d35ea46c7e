"""The names that people save files under."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nyx.services.media.filenames import content_disposition, download_name

ID = "1a2b3c" + "0" * 26


class TestDownloadName:
    @pytest.mark.parametrize(
        ("prompt", "name"),
        [
            ("A fox in the rain", "a-fox-in-the-rain-1a2b3c.jpg"),
            ("one two three four five six seven eight nine", "one-two-three-four-five-six-seven-eight-1a2b3c.jpg"),
            ("../../etc/passwd", "etc-passwd-1a2b3c.jpg"),
            ("ein Füchslein", "ein-füchslein-1a2b3c.jpg"),
            ("雨の中の狐", "雨の中の狐-1a2b3c.jpg"),
            ("???", "nyx-net-1a2b3c.jpg"),
            ("CON", "nyx-net-1a2b3c.jpg"),
            ("", "nyx-net-1a2b3c.jpg"),
        ],
    )
    def test_is_made_of_the_first_words(self, prompt: str, name: str) -> None:
        assert download_name(prompt, ID, "jpg") == name

    @given(prompt=st.text(max_size=200))
    def test_is_harmless_whatever_the_prompt(self, prompt: str) -> None:
        name = download_name(prompt, ID, "jpg")
        assert not re.search(r'[\x00-\x1f/\\:*?"<>|]', name)
        assert name.endswith("-1a2b3c.jpg")
        assert len(name) < 100


class TestContentDisposition:
    def test_names_the_file_twice_for_old_and_new_clients(self) -> None:
        header = content_disposition("ein-füchslein-1a2b3c.jpg", download=True)
        assert header == "attachment; filename=\"ein-fuchslein-1a2b3c.jpg\"; filename*=UTF-8''ein-f%C3%BCchslein-1a2b3c.jpg"

    @given(prompt=st.text(max_size=200))
    def test_is_one_line_of_ascii(self, prompt: str) -> None:
        header = content_disposition(download_name(prompt, ID, "jpg"), download=False)
        assert re.fullmatch(r"inline; filename=\"[A-Za-z0-9._-]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", header)
