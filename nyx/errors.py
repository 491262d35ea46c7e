"""Every anticipated failure of the app. A bug is not in this tree: let it fly to the edge.

NyxError                      code, http_status, retryable; str(error) is a sentence for the person using the app
|- InvalidInput          422  what was sent can't be used; ``field`` names the input it concerns
|- NotAllowed            403  signed out, suspended, or a role or plan is missing
|- NotFound              404  absent, or not yours
|- Conflict              409  the state moved on, or the key was used for something else
|- InsufficientCredits   402  ``required`` and ``available`` in whole credits
|- TooMany               429  a limit on simultaneous or repeated work; ``retry_after_s``
|- Overloaded            503  this installation can't take more right now; ``retry_after_s``
`- ProviderError              a provider of media could not do its part
   |- ProviderUnavailable 503 surely not accepted: may be sent again; ``retry_after_s``
   |- ProviderRejected    422 understood and refused; sending the same again is pointless
   |- ProviderMisbehaved  502 an answer that breaks the contract, or our own access is broken
   `- OutcomeUnknown      502 the call may have been accepted; it must never be repeated by itself
"""

from __future__ import annotations


class NyxError(Exception):
    """Base of every anticipated failure; the message is shown to the person as it is."""

    code = "error"
    http_status = 500
    retryable = False


class InvalidInput(NyxError):
    """What was sent can't be used. ``field`` is the name of the input, or None for the whole form."""

    code = "invalid_input"
    http_status = 422

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotAllowed(NyxError):
    """The person may not do this."""

    code = "not_allowed"
    http_status = 403


class NotFound(NyxError):
    """It does not exist, or it is somebody else's."""

    code = "not_found"
    http_status = 404


class Conflict(NyxError):
    """The row is no longer in the state that the operation needs, or a key was reused."""

    code = "conflict"
    http_status = 409


class InsufficientCredits(NyxError):
    """``required`` and ``available`` are whole credits."""

    code = "insufficient_credits"
    http_status = 402

    def __init__(self, *, required: int, available: int) -> None:
        super().__init__(f"This needs {required:,} credits and you have {available:,}.")
        self.required = required
        self.available = available


class TooMany(NyxError):
    """A limit on simultaneous or repeated work was reached."""

    code = "too_many"
    http_status = 429
    retryable = True

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(NyxError):
    """This installation can't take more work right now."""

    code = "overloaded"
    http_status = 503
    retryable = True

    def __init__(self, message: str = "", *, retry_after_s: float = 5.0) -> None:
        super().__init__(message or "The studio is very busy right now. Please try again in a moment.")
        self.retry_after_s = retry_after_s


class ProviderError(NyxError):
    """A provider could not do its part. ``detail`` is the provider's own text, for logs and admins, never a secret."""

    code = "provider_error"
    http_status = 502

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class ProviderUnavailable(ProviderError):
    """The provider surely did not accept the call (no connection, 429, 503): it may be sent again."""

    code = "provider_unavailable"
    http_status = 503
    retryable = True

    def __init__(self, message: str, *, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, detail=detail)
        self.retry_after_s = retry_after_s


class ProviderRejected(ProviderError):
    """The provider understood and refused; the same request will be refused again."""

    code = "provider_rejected"
    http_status = 422


class ProviderMisbehaved(ProviderError):
    """The provider answered against its own contract, or our access to it is broken."""

    code = "provider_misbehaved"


class OutcomeUnknown(ProviderError):
    """A call that costs money may or may not have been accepted. Never repeat it without asking."""

    code = "outcome_unknown"
