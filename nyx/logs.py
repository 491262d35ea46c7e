"""Logs: one line of JSON or of console text per event, with the ids of the request and the generation, and without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

REDACTED = "[redacted]"
_SECRET_NAMES = re.compile(r"secret|token|password|passwd|authorization|cookie|api_?key|client_id|smtp_url|signature", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_QUIET = ("PIL", "aiosqlite", "alembic", "apscheduler", "asyncio", "engineio", "httpcore", "httpx", "python_multipart", "socketio")
_SHORTEST_SECRET = 6

Fields = MutableMapping[str, Any]


def set_up_logs(*, is_json: bool, level: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Send every log of the process, ours and the libraries', through one formatter. Safe to repeat: the last call holds."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        Redaction(secrets),
    ]
    renderer: Processor
    if is_json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=True)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_context(**ids: str) -> AbstractContextManager[None]:
    """Add ids to every log line of this task and those it starts, e.g. ``log_context(generation_id=...)``."""
    return structlog.contextvars.bound_contextvars(**ids)


class Redaction:
    """Hides values by the name of their field and secrets wherever they stand, and keeps one event on one line."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({re.escape(secret) for secret in secrets if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(known)) if known else None

    def __call__(self, _logger: Any, _method: str, fields: Fields) -> Fields:
        for name, value in list(fields.items()):
            if not name.startswith("_"):  # the formatter's own
                fields[name] = self._clean(name, value)
        return fields

    def _clean(self, name: str, value: Any) -> Any:
        if _SECRET_NAMES.search(name) and not isinstance(value, bool | int | float | None):
            return REDACTED
        if isinstance(value, dict):
            return {str(key): self._clean(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(name, inner) for inner in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        text = self._known.sub(REDACTED, str(value)) if self._known else str(value)
        return _indented(text) if name == "exception" else _CONTROL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode()


def _indented(traceback: str) -> str:
    """Lines of a traceback stay lines, but none can pass for a log line of its own."""
    return "\n".join("    " + _CONTROL.sub(_escaped, line) for line in traceback.split("\n"))
