"""The page of a receipt, over the whole application, and every sentence that can stand on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from nyx.models import AttemptOutcome, JobState, LotSource
from nyx.pages.receipt.words import _OUTCOMES, _SOURCES, _STATES, amount_text, line_text, moment_text, output_text, sum_text
from nyx.services.generation.receipts import Receipt, ReceiptLine, ReceiptOutput, Step
from tests.api.test_share import id_of
from tests.services.media.kit import add_output
from tests.support.app import MakeUser

if TYPE_CHECKING:
    from nyx.app import App

NOW = datetime(2026, 1, 5, 9, 8, 7, tzinfo=UTC)
OUTPUT = ReceiptOutput(index=0, state=JobState.COMPLETED, media_id="m", was_deleted=False, is_late=False, seed=7)
RECEIPT = Receipt(
    generation_id="g",
    status="completed",
    model_name="FLUX",
    capability="text-to-image",
    prompt="a fox",
    unit_credits=1,
    quoted=2,
    charged=1,
    given_back=0,
    asked_at=NOW,
    finished_at=None,
    outputs=(OUTPUT, OUTPUT),
    lines=(),
)


class TestPage:
    async def test_shows_every_step_the_sum_and_the_pictures(self, app: App, make_user: MakeUser) -> None:
        ada = await make_user("ada@example.com")
        owner_id = await id_of(app, "ada@example.com")
        stored = await add_output(app.db, app.media, owner_id=owner_id, prompt="a <i>fox</i>")
        generation_id = (await app.library.get(owner_id=owner_id, media_id=stored.media_id)).generation_id

        answer = await ada.http_client.get(f"/dashboard/generations/{generation_id}", headers={"accept": "text/html"})

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "a &lt;i&gt;fox&lt;/i&gt;" in answer.text
        assert "Set aside until the outcome is known." in answer.text
        assert "2 credits set aside, 2 charged, 0 given back." in answer.text
        assert answer.text.count("<h1") == 1

    async def test_is_its_owners_alone(self, app: App, make_user: MakeUser) -> None:
        await make_user("ada@example.com")
        bob, visitor = await make_user("bob@example.com"), await make_user()
        owner_id = await id_of(app, "ada@example.com")
        stored = await add_output(app.db, app.media, owner_id=owner_id)
        path = f"/dashboard/generations/{(await app.library.get(owner_id=owner_id, media_id=stored.media_id)).generation_id}"

        foreign = await bob.http_client.get(path, headers={"accept": "text/html"})
        assert foreign.status_code == 404
        assert "fox" not in foreign.text
        answer = await visitor.http_client.get(path)
        assert answer.headers["location"].startswith("/login?next=")


class TestWords:
    def test_there_is_one_for_everything_that_can_be(self) -> None:
        assert _OUTCOMES.keys() == {str(outcome) for outcome in AttemptOutcome}
        assert _STATES.keys() == {str(state) for state in JobState}
        assert _SOURCES.keys() == {str(source) for source in LotSource}

    @pytest.mark.parametrize("step", list(Step))
    def test_every_step_is_a_sentence(self, step: Step) -> None:
        line = ReceiptLine(at=NOW, step=step, output=1, outcome=AttemptOutcome.REFUSED, source=LotSource.PACK, words="No.")
        assert line_text(line, RECEIPT).endswith(".")

    @pytest.mark.parametrize(
        ("step", "credits", "words"), [(Step.ASKED, 2, ""), (Step.HELD, 2, "2"), (Step.CHARGED, 1_000, "1,000"), (Step.GIVEN_BACK, 1, "+1")]
    )
    def test_only_what_moved_has_a_figure(self, step: Step, credits: int, words: str) -> None:
        assert amount_text(ReceiptLine(at=NOW, step=step, credits=credits)) == words

    def test_says_the_rest_in_words(self) -> None:
        assert sum_text(RECEIPT) == "2 credits set aside, 1 charged, 0 given back, 1 still set aside."
        assert moment_text(NOW) == "5 January 2026, 09:08:07 UTC"
        assert output_text(OUTPUT) == "Output 1: Delivered"
        assert line_text(ReceiptLine(at=NOW, step=Step.ASKED), RECEIPT) == "Asked FLUX for 2 outputs, 1 credit each."
        assert line_text(ReceiptLine(at=NOW, step=Step.SENT, output=1, attempt=2), RECEIPT) == "Output 2: sent to the provider, try 2."
