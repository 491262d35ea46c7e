"""The one place where an error in an event handler becomes words on the screen."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from nyx.errors import InvalidInput, NyxError
from nyx.theme import toast

log = logging.getLogger(__name__)


class HasError(Protocol):
    """A field that can show a sentence beside itself."""

    def set_error(self, error: str | None) -> object: ...


@contextmanager
def feedback(fields: Mapping[str, HasError] | None = None) -> Iterator[None]:
    """Say anticipated errors in their own words, beside the field of ``fields`` that they concern; log the rest under an incident id."""
    fields = fields or {}
    for field in fields.values():
        field.set_error(None)
    try:
        yield
    except InvalidInput as error:
        if error.field is not None and error.field in fields:
            fields[error.field].set_error(str(error))
        else:
            toast(str(error), kind="warning")
    except NyxError as error:
        toast(str(error), kind="warning" if error.http_status < 500 else "negative")
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("Unhandled error in a page", extra={"incident": incident})
        toast(f"Something broke on our side. Quote {incident} if you write to us.", kind="negative")
