"""Reading a file in a real browser: chosen, dropped and pasted, on a phone and a desk, in both themes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from nyx.services.marks.identity import load_identity
from nyx.services.marks.provenance import Origin, Provenance
from nyx.services.marks.xmp import SourceType
from tests.services.media.kit import encoded, picture
from tests.support.audit import serious_axe_faults, set_theme, trip_hazards
from tests.support.browser import Complaints, ready
from tests.support.server import AppServer

PATH = "/verify"
_TRANSFER = """([how, data]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([Uint8Array.from(data)], "copied.jpg", {type: "image/jpeg"}));
  const target = document.body;
  const event = how === "drop" ? new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true})
    : new ClipboardEvent("paste", {clipboardData: carried, bubbles: true});
  target.dispatchEvent(event);
  return event.defaultPrevented;
}"""


@pytest.fixture
def desk(context: BrowserContext) -> Page:
    page = context.new_page()
    ready(page, PATH)
    return page


class TestVerify:
    def test_reads_a_file_of_this_studio(self, desk: Page, server: AppServer, tmp_path: Path) -> None:
        now = datetime.now(UTC)
        origin = Origin(model_key="m", model_name="Model One", source_type=SourceType.TRAINED, made_at=now)
        (tmp_path / "plain").write_bytes(encoded(picture()))
        signing = Provenance(load_identity(server.data, now=now))
        signing.sign_output(tmp_path / "plain", tmp_path / "fox.jpg", "image/jpeg", origin)

        desk.get_by_label("Drop a file here").set_input_files(tmp_path / "fox.jpg")

        expect(desk.get_by_role("heading", name="Made in this studio")).to_be_visible()
        expect(desk.get_by_role("status")).to_contain_text("Model One")

    @pytest.mark.parametrize("how", ["drop", "paste"])
    def test_takes_what_is_dropped_or_pasted(self, desk: Page, how: str) -> None:
        desk.evaluate(_TRANSFER, [how, list(encoded(picture(64, 64)))])

        expect(desk.get_by_role("heading", name="Nothing is known about this file")).to_be_visible()

    def test_a_file_let_go_beside_the_desk_does_not_leave_the_page_and_a_link_is_no_file(self, desk: Page) -> None:
        assert desk.evaluate(_TRANSFER, ["drop", list(encoded(picture(64, 64)))])
        desk.evaluate("document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: new DataTransfer(), bubbles: true}))")
        expect(desk.get_by_role("status")).to_contain_text("That is a link")

    def test_says_what_it_can_not_read(self, desk: Page, complaints: Complaints, tmp_path: Path) -> None:
        complaints.expect("422")
        (tmp_path / "letter.txt").write_text("hello")

        desk.get_by_label("Drop a file here").set_input_files(tmp_path / "letter.txt")

        expect(desk.get_by_role("status")).to_contain_text("This is no JPEG, PNG, WebP, MP4 or WebM file")


class TestLook:
    def test_trips_nobody_at_any_width_in_either_theme(self, desk: Page) -> None:
        desk.evaluate(_TRANSFER, ["drop", list(encoded(picture(64, 64)))])
        expect(desk.get_by_role("heading", name="Nothing is known about this file")).to_be_visible()
        for width in (390, 820, 1440):
            desk.set_viewport_size({"width": width, "height": 900})
            for theme in ("dark", "light"):
                set_theme(desk, theme)
                assert trip_hazards(desk) == []
                assert serious_axe_faults(desk) == []
