"""NiceGUI's table of escapes: filled, and still the same."""

from __future__ import annotations

from nicegui.client import HTML_ESCAPE_TABLE

from nyx.web.escapes import fill_escapes

_EVERY_KIND = "".join(map(chr, range(128))) + "é·×漢🦊"


class TestFillEscapes:
    def test_changes_no_text(self) -> None:
        fill_escapes()

        expected = _EVERY_KIND.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "&#96;").replace("$", "&#36;")
        assert _EVERY_KIND.translate(HTML_ESCAPE_TABLE) == expected

    def test_leaves_no_plain_character_to_be_looked_up_in_vain(self) -> None:
        fill_escapes()

        assert set(range(128)) <= set(HTML_ESCAPE_TABLE)
