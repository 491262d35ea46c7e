"""What stands around the result, in Chromium: comparing and choosing by keyboard, being told in another tab, what is below the tool."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.audit import serious_axe_faults, set_theme, trip_hazards
from tests.support.browser import Complaints, ready, sign_up
from tests.support.server import AppServer
from tests.support.studio import WIDTHS, a_photo, compose, expect_outputs, generate

# A tab that looks elsewhere when told to, in a browser that allows notifications.
_ELSEWHERE = """
window.elsewhere = false;
window.notes = [];
Object.defineProperty(document, "hidden", { get: () => window.elsewhere });
window.Notification = class {
  static permission = "default";
  static requestPermission() { this.permission = "granted"; return Promise.resolve("granted"); }
  constructor(title, options) { this.title = title; this.body = options.body; window.notes.push(this); }
  close() { this.closed = true; }
};
"""


@pytest.fixture
def creator(make_context: Callable[..., BrowserContext], server: AppServer) -> Page:
    page = make_context(server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    page.add_init_script(_ELSEWHERE)
    sign_up(page)
    return page


class TestCompare:
    def test_the_divider_moves_by_keyboard_and_by_mouse(self, creator: Page) -> None:
        compose(creator, "a fox", images=2)
        generate(creator)
        expect_outputs(creator, 2)
        creator.get_by_role("button", name="Compare", exact=True).click()
        divider = creator.get_by_role("slider", name="Divider")
        divider.focus()
        for key, where in {"ArrowRight": "52", "Shift+ArrowLeft": "42", "Home": "0", "End": "100"}.items():
            creator.keyboard.press(key)
            expect(divider).to_have_attribute("aria-valuenow", where)
        box = creator.locator(".cmp-over").bounding_box()
        assert box is not None
        creator.mouse.click(box["x"] + box["width"] / 4, box["y"] + 40)
        expect(divider).to_have_attribute("aria-valuenow", "25")
        assert serious_axe_faults(creator) == []

        creator.get_by_role("button", name="Side by side").click()
        creator.get_by_role("group", name="Both pictures").focus()
        for key in ("+", "ArrowRight"):
            creator.keyboard.press(key)

        shown = creator.locator(".cmp-side img").evaluate_all("images => images.map(image => image.style.transform)")
        assert shown == ["translate(-40px, 0px) scale(1.5)"] * 2
        assert serious_axe_faults(creator) == []


class TestPicker:
    def test_a_model_is_marked_and_chosen_by_keyboard_alone(self, creator: Page) -> None:
        creator.locator("button.model").first.click()
        expect(creator.get_by_label("Search models")).to_be_focused()
        creator.keyboard.type("dreamshaper")
        creator.keyboard.press("ArrowDown")
        creator.keyboard.press("f")
        expect(creator.get_by_role("heading", name="Favourites")).to_be_visible()
        expect(creator.locator(".star[aria-pressed=true]")).to_have_count(1)
        assert serious_axe_faults(creator) == []
        creator.keyboard.press("z")  # a letter goes on searching
        expect(creator.get_by_text("No model matches")).to_be_visible()
        creator.get_by_label("Search models").fill("")
        creator.keyboard.press("ArrowDown")  # the favourite stands first
        creator.keyboard.press("Enter")

        expect(creator.get_by_text("1 image × 1 credit")).to_be_visible()
        expect(creator.get_by_role("dialog")).not_to_be_visible()

    def test_only_what_the_credits_allow(self, creator: Page) -> None:
        creator.locator("button.model").first.click()
        creator.locator(".model-row").first.wait_for()
        every = creator.locator(".model-row").count()
        creator.get_by_role("button", name="Affordable now").click()
        creator.get_by_role("button", name="Name", exact=True).click()
        prices = [int(text.split()[0]) for text in creator.locator(".model-row .price").all_inner_texts()]

        balance = int(creator.get_by_title("Your credits").inner_text().split()[0].replace(",", ""))
        assert 0 < len(prices) <= every
        assert max(prices) <= balance


class TestOnAPhone:
    def test_the_menu_of_a_generation_and_every_chip_can_be_reached(
        self, make_context: Callable[..., BrowserContext], server: AppServer
    ) -> None:
        phone = make_context(server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
        sign_up(phone)
        compose(phone, "a fox [slow 1]", images=2)
        generate(phone)
        expect(phone.get_by_text("Generating", exact=True)).to_be_visible()
        head = "document.querySelector('.run-head').getBoundingClientRect().height"
        height = phone.evaluate(head)
        expect_outputs(phone, 2)
        expect(phone.get_by_role("button", name="Compare", exact=True)).to_be_visible()
        assert phone.evaluate(head) == height, "what is new moves what stands below"

        phone.get_by_label("More about this generation").click()
        menu = phone.locator(".run-head .menu-panel").bounding_box()
        assert menu is not None
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= 390
        heights = phone.locator(".chip:visible").evaluate_all("chips => chips.map(chip => chip.getBoundingClientRect().height)")
        assert min(heights) >= 40


class TestOnATablet:
    def test_four_pictures_stand_in_two_columns_and_what_failed_has_no_bar_of_progress(self, creator: Page) -> None:
        creator.set_viewport_size({"width": WIDTHS["tablet"][0], "height": WIDTHS["tablet"][1]})
        compose(creator, "a fox [fail]", images=4)
        generate(creator)
        expect(creator.locator(".tile.failed")).to_have_count(4)
        assert len({box["x"] for tile in creator.locator(".tile").all() if (box := tile.bounding_box())}) == 2
        for tile in creator.locator(".tile").all():
            assert tile.evaluate("tile => tile.scrollHeight <= tile.clientHeight"), "its words are cut off"
        expect(creator.locator(".run-head .bar.over.bad")).to_be_visible()
        expect(creator.locator(".run-head").get_by_role("progressbar")).to_have_count(0)


class TestNotifier:
    def test_tells_once_while_one_looks_elsewhere_and_comes_back_on_a_press(self, creator: Page) -> None:
        compose(creator, "a fox [slow 2]")
        generate(creator)
        creator.get_by_label("More about this generation").click()
        creator.get_by_role("button", name="Tell me when one is done").click()
        creator.evaluate("window.elsewhere = true")
        creator.wait_for_function("window.notes.length === 1")
        assert creator.title().startswith("(1) ")
        assert creator.evaluate("[notes[0].title, notes[0].body]") == ["1 image ready", "FLUX.1 Schnell: a fox [slow 2]"]

        creator.evaluate("window.elsewhere = false; notes[0].onclick(); document.dispatchEvent(new Event('visibilitychange'))")
        assert not creator.title().startswith("(")
        assert creator.evaluate("notes[0].closed")

    def test_is_silent_unless_asked(self, creator: Page) -> None:
        creator.evaluate("window.elsewhere = true")
        compose(creator, "a fox")
        generate(creator)
        expect_outputs(creator, 1)
        creator.wait_for_timeout(600)

        assert creator.evaluate("window.notes.length") == 0
        assert not creator.title().startswith("(")


class TestHistory:
    def test_arrows_walk_the_strip(self, creator: Page) -> None:
        for prompt in ("first", "second"):
            compose(creator, prompt)
            generate(creator)
            expect(creator.locator(".run-prompt")).to_contain_text(prompt)
            expect_outputs(creator, 1)
        strip = creator.get_by_role("complementary", name="Recent generations").get_by_role("button")
        strip.first.focus()
        creator.keyboard.press("ArrowDown")
        expect(strip.last).to_be_focused()
        creator.keyboard.press("Enter")

        expect(creator.locator(".run-prompt")).to_contain_text("first")


class TestGuide:
    @pytest.mark.parametrize("device", WIDTHS)
    def test_no_audit_finds_anything_below_the_tool(self, creator: Page, device: str) -> None:
        width, height = WIDTHS[device]
        creator.set_viewport_size({"width": width, "height": height})
        creator.get_by_role("heading", name="Questions").scroll_into_view_if_needed()
        creator.get_by_text("What does it cost?").click()
        for theme in ("dark", "light"):
            set_theme(creator, theme)
            assert trip_hazards(creator) == []
            assert serious_axe_faults(creator) == []


# A file let go somewhere: ``[kind, text]`` as the browser would carry it.
_LET_GO = """
([where, name, type, text]) => {
  const sent = new DataTransfer();
  if (name) sent.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], name, { type }));
  else sent.setData(type, text);
  const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: sent });
  document.querySelector(where).dispatchEvent(event);
  return event.defaultPrevented;
}
"""


class TestPictures:
    def test_land_in_their_place_wherever_they_are_dropped_and_say_only_what_is_true_now(
        self, creator: Page, server: AppServer, complaints: Complaints
    ) -> None:
        complaints.expect("422")  # what is no picture is refused
        compose(creator, "a fox")
        generate(creator)
        expect_outputs(creator, 1)
        made = (creator.locator(".tile .open img").get_attribute("src") or "").split("/")[2]
        photo = a_photo()
        picture = creator.locator(".pictures-item img")

        def let_go(where: str, name: str, kind: str, text: bytes) -> None:
            sent = base64.b64encode(text).decode() if name else text.decode()
            assert creator.evaluate(_LET_GO, [where, name, kind, sent])

        let_go("h1", photo["name"], "image/png", photo["buffer"])
        expect(creator.get_by_role("status").get_by_role("link", name="Image to image")).to_have_attribute("href", "/studio/image-to-image")
        ready(creator, "/studio/image-to-image?model=black-forest-labs/FLUX.2-dev")
        let_go(".drop", "notes.txt", "text/plain", b"not a picture")
        expect(creator.locator(".pictures-going")).to_contain_text("notes.txt")
        let_go(".drop", "", "text/uri-list", b"https://example.com/a.png")
        expect(creator.locator(".pictures-going")).to_have_text("That is a link, not a picture. Save the picture first, then add the file.")
        let_go("h1", photo["name"], "image/png", photo["buffer"])
        expect(picture).to_have_count(1)
        expect(creator.locator(".pictures-going")).to_have_count(0)
        let_go(".pictures-item", "", "text/uri-list", f"{server.url}/media/{made}/thumb".encode())
        expect(picture).to_have_attribute("src", f"/media/{made}/thumb")

        ready(creator, "/studio/image-to-image?model=google/gemini-3-pro-image")
        while creator.get_by_label("Remove Picture").count():
            creator.get_by_label("Remove Picture").first.click()
        creator.locator(".drop-main input[type=file]").set_input_files([a_photo(size_px=2000), a_photo(size_px=80)])
        expect(picture).to_have_count(2, timeout=20_000)
        creator.wait_for_function(
            "[...document.querySelectorAll('.pictures-item img')].every(image => image.complete && image.naturalWidth)"
        )
        widths = picture.evaluate_all("images => images.map(image => image.naturalWidth)")
        assert widths[0] > 100 > widths[1], "the first that was chosen is not the first"
