"""What a failed exchange with Together means: an error of the tree, chosen by whether the call cost money. No network."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

from nyx.errors import NotFound, NyxError, OutcomeUnknown, ProviderMisbehaved, ProviderRejected, ProviderUnavailable
from nyx.services.providers.together_words import sentence_for

BUSY = "The provider is very busy right now."
UNREACHABLE = "The provider can't be reached right now."
OUR_ACCESS = "The studio's access to the provider needs attention by its operator. Your request is fine; nothing is wrong on your side."
BROKE_DOWN = "The provider broke down on this request. Please try again later."
OUTCOME = "The connection to the provider was lost while it had your request: we don't know yet whether it is being made."
NO_WRITER = "The model that improves prompts is not available. The operator of the studio can choose another one."
SHARING_HINT = "Allow third-party data sharing in the organisation's privacy settings at the provider: its partner models need it."

_MAX_WAIT_S = 300.0
_ABSURD_WAIT_S = 86_400.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_MISUSED = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_SECRETS = re.compile(r"(Bearer\s+|\b(?:tgp_v\d_|sk-|key_))\S+", re.IGNORECASE)

Failure = tuple[str, str, str]
"""Message, code and parameter, as the provider gave them."""


def of_submit(response: httpx.Response, failure: Failure) -> NyxError:
    """Say what a refused or broken submit means. Only 429 and 503 say that nothing was accepted and the same may be sent again."""
    message, code, param = failure
    status, detail = response.status_code, detail_of(response, failure)
    if status in (401, 402, 403):
        return ProviderMisbehaved(OUR_ACCESS, detail=detail)
    if status in (429, 503):
        return ProviderUnavailable(BUSY, detail=detail, retry_after_s=retry_after_s(response.headers))
    if status in (500, 501) or status < 400:
        return ProviderMisbehaved(BROKE_DOWN, detail=detail)
    if status == 408 or status > 501:
        # The gateway gave up, or the server says that it did: the work behind it may go on and be billed.
        return OutcomeUnknown(OUTCOME, detail=detail)
    return ProviderRejected(sentence_for(message, code=code, param=param), detail=detail)


def of_poll(response: httpx.Response, failure: Failure) -> NyxError:
    """Say what a failed question about a job means. It is never a verdict on the job itself, except that 404 says it is unknown."""
    status, detail = response.status_code, detail_of(response, failure)
    if status == 404:
        return NotFound("The provider does not know this job.")
    if status in (408, 409, 425, 429) or status >= 500:
        return ProviderUnavailable(BUSY, detail=detail, retry_after_s=retry_after_s(response.headers))
    return ProviderMisbehaved(OUR_ACCESS if status in (401, 402, 403) else BROKE_DOWN, detail=detail)


def of_chat(response: httpx.Response, failure: Failure) -> NyxError:
    """Say what a question without a good answer means. It changed nothing: whatever is not final may be asked again."""
    message, code, param = failure
    status, detail = response.status_code, detail_of(response, failure)
    if status in (401, 402, 403):
        return ProviderMisbehaved(OUR_ACCESS, detail=detail)
    if status == 404 or code == "model_not_available":
        return ProviderMisbehaved(NO_WRITER, detail=detail)
    if status in (408, 425, 429) or status >= 500:
        return ProviderUnavailable(BUSY, detail=detail, retry_after_s=retry_after_s(response.headers))
    if status >= 400:
        return ProviderRejected(sentence_for(message, code=code, param=param), detail=detail)
    return ProviderMisbehaved(BROKE_DOWN, detail=detail)


def of_lost_submit(error: Exception) -> NyxError:
    """Say what a submit without an answer means: sent or not is all that counts."""
    detail = _named(error)
    if isinstance(error, _MISUSED):
        return ProviderMisbehaved(OUR_ACCESS, detail=detail)
    if isinstance(error, _NEVER_SENT):
        return ProviderUnavailable(UNREACHABLE, detail=detail)
    return OutcomeUnknown(OUTCOME, detail=detail)


def of_lost_poll(error: Exception) -> NyxError:
    """Say what a question without an answer means: ask again."""
    if isinstance(error, _MISUSED):
        return ProviderMisbehaved(OUR_ACCESS, detail=_named(error))
    return ProviderUnavailable(UNREACHABLE, detail=_named(error))


def detail_of(response: httpx.Response, failure: Failure) -> str:
    """Gather what an admin needs: status, code, text, the provider's request id; no secret."""
    message, code, _ = failure
    parts = [f"HTTP {response.status_code}", code, redact(message)[:500]]
    if code == "third_party_data_sharing_blocked":
        parts.append(SHARING_HINT)
    if request_id := response.headers.get("x-request-id", ""):
        parts.append(f"request {request_id[:80]}")
    return " · ".join(part for part in parts if part)


def redact(text: str) -> str:
    """Blot out what looks like a key."""
    return _SECRETS.sub(r"\1[hidden]", text)


def retry_after_s(headers: httpx.Headers) -> float | None:
    """Read how long to wait, at most 300 s; the first header with a sensible value counts, an absurd one is as good as none."""
    readers: tuple[Callable[[], float | None], ...] = (
        lambda: _scaled(headers.get("retry-after-ms"), 0.001),
        lambda: _scaled(headers.get("retry-after"), 1.0),
        lambda: _until(headers.get("retry-after"), headers.get("date")),
        lambda: _scaled(headers.get("x-ratelimit-reset"), 1.0),
    )
    for read in readers:
        wait = read()
        if wait is not None and math.isfinite(wait) and 0 <= wait <= _ABSURD_WAIT_S:
            return min(wait, _MAX_WAIT_S)
    return None


def _scaled(value: str | None, factor: float) -> float | None:
    try:
        return None if value is None else float(value) * factor
    except ValueError:
        return None


def _until(value: str | None, now: str | None) -> float | None:
    """Measure an HTTP date against the answer's own Date header, so that our clock need not agree with theirs."""
    try:
        return None if value is None or now is None else (parsedate_to_datetime(value) - parsedate_to_datetime(now)).total_seconds()
    except (TypeError, ValueError):
        return None


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {redact(str(error))}"
