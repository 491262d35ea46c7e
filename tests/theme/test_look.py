"""The look holds together: colours come from the tokens, contrast is enough, and every icon and mark that is named is shipped."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nyx.theme import ASSETS_DIR, asset, head_html, icon_markup, icon_names, mark_markup

ROOT = ASSETS_DIR.parent
AA_TEXT = 4.5
AA_OUTLINE = 3.0
SURFACES = ("bg", "surface", "surface-2", "surface-hover", "raised")
READ = ("text", "text-2", "text-3", "link", "success-text", "warning-text", "error-text", "info-text")
HEX = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")
QUASAR_OWNS = {"xs", "sm", "md", "lg", "xl", "block", "inline", "hidden"}


def tokens(theme: str) -> dict[str, str]:
    """Read the plain colours of one theme: what light does not set, it takes from dark."""
    css = (ASSETS_DIR / "css/tokens.css").read_text("utf-8")
    dark, light = css.split('[data-theme="light"] {', 1)
    found = dict(re.findall(r"--nyx-([\w-]+):\s*([^;]+);", dark))
    return found | dict(re.findall(r"--nyx-([\w-]+):\s*([^;]+);", light)) if theme == "light" else found


def luminance(colour: str) -> float:
    """Return the relative luminance of a six digit colour, as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def sources() -> list[Path]:
    """List the files in which a colour of its own would escape the tokens."""
    styles = [path for path in (ASSETS_DIR / "css").glob("*.css") if path.name != "tokens.css"]
    folders = [ROOT / folder for folder in ("nyx/pages", "nyx/theme/components", "assets/js")]
    return styles + [path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".js"}]


def without_addresses(path: Path) -> str:
    """Read a file and take out what stands in url(...), where a # is no colour."""
    return re.sub(r"url\([^)]*\)", "", path.read_text("utf-8"))


@pytest.mark.parametrize("theme", ["dark", "light"])
class TestContrast:
    @pytest.mark.parametrize("surface", SURFACES)
    @pytest.mark.parametrize("text", READ)
    def test_text_can_be_read_on_every_surface(self, theme: str, surface: str, text: str) -> None:
        palette = tokens(theme)

        assert contrast(palette[text], palette[surface]) >= AA_TEXT

    @pytest.mark.parametrize("surface", SURFACES)
    def test_the_focus_ring_stands_out(self, theme: str, surface: str) -> None:
        palette = tokens(theme)

        assert contrast(palette["focus"], palette[surface]) >= AA_OUTLINE

    def test_white_words_can_be_read_from_end_to_end_of_the_button_gradient(self, theme: str) -> None:
        palette = tokens(theme)
        ends = HEX.findall(palette["gradient-strong"])

        assert len(ends) == 2
        assert min(contrast(palette["on-primary"], end) for end in [*ends, palette["danger"]]) >= AA_TEXT


class TestColours:
    def test_no_file_but_the_tokens_writes_a_colour(self) -> None:
        found = [f"{path.relative_to(ROOT)}: {colour}" for path in sources() for colour in HEX.findall(without_addresses(path))]

        assert found == []

    def test_every_token_that_is_used_is_defined(self) -> None:
        defined = tokens("dark").keys() | {"toast"}  # --nyx-toast is set by the kind of a toast, and has a fallback
        used = {name for path in (ASSETS_DIR / "css").glob("*.css") for name in re.findall(r"var\(--nyx-([\w-]+)", path.read_text("utf-8"))}

        assert used - defined == set()

    def test_no_class_of_ours_has_a_name_that_quasar_hides_by_width(self) -> None:
        text = "".join(without_addresses(path) for path in (ASSETS_DIR / "css").glob("*.css"))

        assert set(re.findall(r"\.([a-zA-Z][\w-]*)", text)) & QUASAR_OWNS == set()


class TestIcons:
    def test_every_icon_that_code_names_is_in_the_sprite(self) -> None:
        code = "".join(path.read_text("utf-8") for folder in ("nyx/pages", "nyx/theme") for path in (ROOT / folder).rglob("*.py"))
        named = set(re.findall(r"""\b(?:icon|icon_name|icon_markup)(?:=|\()\s*["']([a-z0-9-]+)["']""", code))

        assert {"zap", "images", "menu"} & named
        assert named - icon_names() == set()

    def test_an_unknown_icon_is_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match="no-such-icon"):
            icon_markup("no-such-icon")

    def test_the_four_tools_have_icons_of_their_own(self) -> None:
        assert {"text-to-image", "image-to-image", "text-to-video", "image-to-video"} <= icon_names()


class TestMarks:
    @pytest.mark.parametrize("family", ["Google", "Black Forest Labs", "Kuaishou Kling", "Qwen / Alibaba", "MiniMax / Hailuo", "Wan-AI"])
    def test_a_known_family_has_a_mark_of_its_own(self, family: str) -> None:
        assert "/marks/neutral.svg" not in mark_markup(family)

    def test_an_unknown_family_gets_the_neutral_mark(self) -> None:
        assert "/marks/neutral.svg" in mark_markup("A maker nobody knows")

    def test_every_family_of_the_catalogue_shows_a_shipped_mark(self) -> None:
        catalogue = next((ROOT / "nyx/services/catalog").rglob("models.json"), None)
        if catalogue is None:
            pytest.skip("The catalogue's data is not part of this checkout.")
        entries = json.loads(catalogue.read_text("utf-8"))
        families = {entry["family"] for entry in (entries["models"] if isinstance(entries, dict) else entries)}

        assert families
        assert all(shipped(mark_markup(family)) for family in families)

    def test_marks_take_the_colour_of_the_text_so_that_both_themes_show_them(self) -> None:
        assert all("currentColor" in mark.read_text("utf-8") for mark in (ASSETS_DIR / "marks").glob("*.svg"))


class TestAssets:
    def test_everything_the_head_names_is_shipped(self) -> None:
        assert shipped(head_html())

    def test_the_manifest_names_shipped_icons(self) -> None:
        manifest = json.loads((ASSETS_DIR / "site.webmanifest").read_text("utf-8"))

        assert all((ROOT / entry["src"].lstrip("/")).is_file() for entry in manifest["icons"])

    def test_style_sheets_name_shipped_fonts(self) -> None:
        css = (ASSETS_DIR / "css/base.css").read_text("utf-8")
        fonts = re.findall(r'url\("([^"]+)"\)', css)

        assert len(fonts) == 4
        assert all((ASSETS_DIR / "css" / font).resolve().is_file() for font in fonts)

    def test_an_address_changes_with_the_content(self) -> None:
        assert re.fullmatch(r"/assets/css/tokens\.css\?v=[0-9a-f]{12}", asset("css/tokens.css"))

    def test_a_file_that_is_not_shipped_is_refused(self) -> None:
        with pytest.raises(FileNotFoundError):
            asset("css/no-such.css")


def shipped(markup: str) -> bool:
    """Say whether every address of ours in some markup is a file."""
    paths = re.findall(r'"/(assets/[^"?#]+)', markup)
    return bool(paths) and all((ROOT / path).is_file() for path in paths)
