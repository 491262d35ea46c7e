"""What each failure means, for a call that costs money and for a question that doesn't; and how long to wait."""

from __future__ import annotations

import httpx
import pytest

from nyx.errors import NotFound, OutcomeUnknown, ProviderMisbehaved, ProviderRejected, ProviderUnavailable
from nyx.services.providers import together_errors as errors
from nyx.services.providers.together_words import sentence_for

REQUEST = httpx.Request("POST", "https://api.together.ai/v1/images/generations")
NOTHING = ("", "", "")


class TestOfSubmit:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (301, ProviderMisbehaved), (400, ProviderRejected), (401, ProviderMisbehaved), (402, ProviderMisbehaved),
            (403, ProviderMisbehaved), (404, ProviderRejected), (408, OutcomeUnknown), (413, ProviderRejected), (422, ProviderRejected),
            (429, ProviderUnavailable),
            (500, ProviderMisbehaved), (502, OutcomeUnknown), (503, ProviderUnavailable), (504, OutcomeUnknown), (520, OutcomeUnknown),
            (524, OutcomeUnknown),
        ],
    )  # fmt: skip
    def test_only_busy_answers_may_be_sent_again(self, status: int, kind: type[Exception]) -> None:
        error = errors.of_submit(httpx.Response(status, request=REQUEST), NOTHING)
        assert type(error) is kind
        assert error.retryable == (status in (429, 503))
        assert str(error).endswith(".")

    def test_our_own_access_is_never_the_persons_fault(self) -> None:
        error = errors.of_submit(httpx.Response(401, request=REQUEST), ("Invalid API key tgp_v1_abcdef", "invalid_api_key", ""))
        assert "operator" in str(error)
        assert "nothing is wrong on your side" in str(error)
        assert isinstance(error, ProviderMisbehaved)
        assert "abcdef" not in error.detail

    def test_blocked_data_sharing_comes_with_its_remedy(self) -> None:
        failure = ("This model requires third-party data sharing", "third_party_data_sharing_blocked", "")
        error = errors.of_submit(httpx.Response(403, request=REQUEST), failure)
        assert isinstance(error, ProviderMisbehaved)
        assert "privacy settings" in error.detail


class TestOfPoll:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(404, NotFound), (400, ProviderMisbehaved), (401, ProviderMisbehaved), (429, ProviderUnavailable), (500, ProviderUnavailable),
         (502, ProviderUnavailable), (503, ProviderUnavailable), (504, ProviderUnavailable)],
    )  # fmt: skip
    def test_trouble_is_never_a_verdict(self, status: int, kind: type[Exception]) -> None:
        assert type(errors.of_poll(httpx.Response(status, request=REQUEST), NOTHING)) is kind


class TestLost:
    @pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
    def test_what_never_left_may_be_sent_again(self, error: httpx.TransportError) -> None:
        assert type(errors.of_lost_submit(error)) is ProviderUnavailable

    @pytest.mark.parametrize(
        "error",
        [
            httpx.ReadTimeout("x"),
            httpx.ReadError("x"),
            httpx.WriteError("x"),
            httpx.WriteTimeout("x"),
            httpx.RemoteProtocolError("x"),
            TimeoutError(),
        ],
    )
    def test_what_may_have_left_is_unknown_to_a_submit_and_harmless_to_a_poll(self, error: Exception) -> None:
        assert type(errors.of_lost_submit(error)) is OutcomeUnknown
        assert type(errors.of_lost_poll(error)) is ProviderUnavailable

    def test_a_broken_setting_is_ours(self) -> None:
        assert type(errors.of_lost_submit(httpx.UnsupportedProtocol("x"))) is ProviderMisbehaved


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, None),
            ({"retry-after": "7"}, 7.0),
            ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
            ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:27:30 GMT"}, 30.0),
            ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-5"}, None),
            ({"retry-after": "nan"}, None),
            ({"retry-after": "inf"}, None),
            ({"retry-after": "3600"}, 300.0),
            ({"retry-after": "99999999"}, None),
            ({"retry-after": "99999999", "x-ratelimit-reset": "12"}, 12.0),
            ({"x-ratelimit-reset": "1760943438"}, None),
        ],
    )
    def test_reads_what_makes_sense_and_nothing_else(self, headers: dict[str, str], seconds: float | None) -> None:
        assert errors.retry_after_s(httpx.Headers(headers)) == seconds


class TestSentenceFor:
    @pytest.mark.parametrize(
        ("message", "word"),
        [
            ("Unsupported use of 'image_url' parameter", "starting picture"),
            ("Invalid parameter detected. The parameter \"'negative_prompt'\" is not recognized or supported.", "negative prompt"),
            ("Invalid value for 'seed' parameter. Seed must be an integer value between 0 and 2147483647. Default: Random.", "seed"),
            ("Invalid dimensions. The total area (width × height) must be within the range of 1265×1265 to 1440×1440.", "size"),
            ("Unsupported use of width/height parameters. The specified dimensions are not supported for the selected model.", "size"),
            ("Unable to access non-serverless model X. Please visit https://api.together.ai/models/X to create one.", "not available"),
            ("The request was blocked by the safety checker.", "safety check"),
            ("something entirely new", "could not make this"),
        ],
    )
    def test_says_what_is_meant_and_never_quotes_the_provider(self, message: str, word: str) -> None:
        sentence = sentence_for(message)
        assert word in sentence
        assert "http" not in sentence
        assert "'" not in sentence.replace("provider's", "")
