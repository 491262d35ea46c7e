"""Serves the application: the socket, the server's options, and the words a person reads when it starts."""

from __future__ import annotations

import gc
import os
import socket
import sys
from collections.abc import Callable

import uvicorn

from nyx.app import App, build
from nyx.config import Settings, load_settings
from nyx.errors import NyxError
from nyx.logs import set_up_logs
from nyx.web.asgi import App as Asgi
from nyx.web.patience import PatientProtocol
from nyx.web.sockets import MAX_MESSAGE_BYTES

CANT_START = 2
PRIVATE = 0o077  # what we write is nobody else's on this machine: addresses, prompts and pictures
MAX_CONNECTIONS = 2_000  # open sockets of pages included; whoever comes beyond them gets a 503
_FINISH_REQUESTS_S = 5


def build_or_exit() -> App:
    """Build the application from the settings; what keeps it from starting is said in words, with exit code 2."""
    os.umask(PRIVATE)
    try:
        settings = load_settings()
        set_up_logs_for(settings)
        return build(settings)
    except (NyxError, OSError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(CANT_START) from None


def set_up_logs_for(settings: Settings) -> None:
    """Logs as the settings say, without any secret that is in them."""
    secrets = (settings.together_api_key, settings.secret_key, settings.smtp_url)
    set_up_logs(is_json=settings.log_format == "json", level=settings.log_level, secrets=[secret.get_secret_value() for secret in secrets])


def serve(app: App) -> None:
    """Serve until a signal ends it."""
    listener = _listen(app.settings)
    Server(config_of(app.asgi, app.settings), words=greeting(app.settings), on_stop=app.begin_to_stop).run(sockets=[listener])


def config_of(asgi: Asgi, settings: Settings) -> uvicorn.Config:
    """How the server treats connections."""
    return uvicorn.Config(
        asgi,
        loop="uvloop",
        http=PatientProtocol,
        ws="wsproto",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        log_level="warning",  # its info lines hold client ids, which are secrets
        access_log=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=_FINISH_REQUESTS_S,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
    )


class Server(uvicorn.Server):
    """Greets once it really answers, and calls ``on_stop`` before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, *, words: str, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._words = words
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what the start made stays for good: going through it again and again costs every page milliseconds
        if self.started:
            print(self._words, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def greeting(settings: Settings) -> str:
    """Where the studio is, what it lacks, and how to become its admin."""
    lines = [f"Nyx-Net is on {settings.effective_public_url}"]
    if settings.uses_sandbox:
        lines.append("  No provider key: a sandbox draws the pictures, at no cost. Set TOGETHER_API_KEY to use real models.")
    if not settings.smtp_url.get_secret_value():
        lines.append(f"  No mail server: mail is written to {settings.data_dir / 'outbox'}/. Set NYX_SMTP_URL to send it.")
    lines.append("  The first account to sign up is the admin. Later: python -m nyx admin promote EMAIL")
    return "\n".join(lines)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        print(f"Can't listen on {where}: {error.strerror}. Choose another NYX_PORT or stop what is using this one.", file=sys.stderr)
        raise SystemExit(CANT_START) from None
