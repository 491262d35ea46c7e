"""The words of administration that no other test reads."""

from __future__ import annotations

import pytest

from nyx.administration import counted, read_command
from nyx.errors import InvalidInput


class TestCounted:
    @pytest.mark.parametrize(("number", "words"), [(0, "0 credits"), (1, "1 credit"), (2, "2 credits"), (1_000, "1,000 credits")])
    def test_one_is_one(self, number: int, words: str) -> None:
        assert counted(number, "credit") == words


class TestReadCommand:
    @pytest.mark.parametrize("line", [b"", b"null", b"{}", b'{"action": "drop"}', b'{"action": "grant", "email": "a"}', b"\xff"])
    def test_refuses_what_is_no_command_in_words(self, line: bytes) -> None:
        with pytest.raises(InvalidInput, match="does not know"):
            read_command(line)
