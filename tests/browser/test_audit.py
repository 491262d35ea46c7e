"""The page audit finds what it claims to find: otherwise a clean page would prove nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.audit import serious_axe_faults, trip_hazards
from tests.support.browser import Complaints

_HOME = "http://127.0.0.1:9"
_HEAD = "<!doctype html><html lang=en><head><title>Page</title><meta name=description content='A page'></head><body>"
_CLEAN = "<main><h1>One heading</h1><label>Prompt <input></label><button>Generate</button><img alt='' src='data:,'></main>"


@pytest.fixture
def blank(make_context: Callable[..., BrowserContext]) -> Page:
    """A tab with nothing in it, as wide as a phone."""
    return make_context(_HOME, viewport={"width": 390, "height": 844}).new_page()


class TestTripHazards:
    def test_a_clean_page_has_none(self, blank: Page) -> None:
        blank.set_content(_HEAD + _CLEAN)

        assert trip_hazards(blank) == []

    @pytest.mark.parametrize(
        ("markup", "finding"),
        [
            ("<div style='width: 900px'>wide</div>", "scrolls sideways by 5"),
            ("<img src='data:,' width=9 height=9>", "picture without alt"),
            ("<button></button>", "control without a name"),
            ("<button><i>play_arrow</i></button>", "control without a name"),
            ("<p style='font-size: 9px'>small print</p>", "text under 10.5 px: small print"),
            ("<h1>Another</h1>", "2 h1 headings"),
        ],
    )
    def test_names_what_is_wrong(self, blank: Page, markup: str, finding: str) -> None:
        blank.set_content(_HEAD + _CLEAN + markup)

        assert [line for line in trip_hazards(blank) if line.startswith(finding)]

    def test_misses_the_description(self, blank: Page) -> None:
        blank.set_content("<!doctype html><h1>Bare</h1>")

        assert trip_hazards(blank) == ["no meta description"]


class TestAxe:
    def test_a_clean_page_has_no_serious_fault(self, blank: Page) -> None:
        blank.set_content(_HEAD + _CLEAN)

        assert serious_axe_faults(blank) == []

    def test_names_faint_text(self, blank: Page) -> None:
        blank.set_content(_HEAD + _CLEAN + "<p style='color: silver; background: white'>faint</p>")

        assert [fault for fault in serious_axe_faults(blank) if fault.startswith("color-contrast")]


class TestComplaints:
    def test_hear_script_errors_and_the_console(self, blank: Page, complaints: Complaints) -> None:
        blank.set_content("<script>console.error('said aloud'); setTimeout(() => { throw Error('thrown') })</script>")
        blank.wait_for_timeout(50)

        assert len(complaints.unexpected()) == 2
        complaints.expect("said aloud", "thrown")

    def test_hear_a_request_that_leaves_the_machine(self, blank: Page, complaints: Complaints) -> None:
        blank.route("**/*", lambda route: route.fulfill(body=""))
        blank.set_content("<img alt='' src='http://elsewhere.example/a.png'>")
        blank.wait_for_timeout(50)

        assert complaints.unexpected() == ["leaves the machine: http://elsewhere.example/a.png"]
        complaints.expect("elsewhere.example")
