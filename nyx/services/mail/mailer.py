"""How letters leave: by SMTP when a server is set, otherwise as files in the outbox folder. Nobody waits for either."""

from __future__ import annotations

import asyncio
import logging
import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nyx.clock import Clock, Random
from nyx.services.mail.letters import Letter

log = logging.getLogger(__name__)

MAX_WAITING = 1_000
SMTP_TIMEOUT_S = 20.0
TRIES = 3


class Mailer:
    """A queue in front of the mail server; ``run`` empties it for as long as the app lives.

    ``smtp_url`` is ``smtp://`` (STARTTLS when the server has it) or ``smtps://`` with user and password in it, or empty.
    """

    def __init__(self, *, smtp_url: str, sender: str, outbox: Path, clock: Clock, random: Random, retry_after_s: float = 30.0) -> None:
        self._smtp_url = smtp_url
        self._sender = sender
        self._outbox = outbox
        self._clock = clock
        self._random = random
        self._retry_after_s = retry_after_s
        self._queue: asyncio.Queue[Letter] = asyncio.Queue(MAX_WAITING)

    def send_soon(self, letter: Letter) -> None:
        """Hand over a letter; how long the server takes shows nowhere. A full queue drops it and says so in the log."""
        try:
            self._queue.put_nowait(letter)
        except asyncio.QueueFull:
            log.error("The mail queue is full: a letter was dropped", extra={"subject": letter.subject})

    async def run(self) -> None:
        """Send what is handed over, one letter at a time, for ever."""
        while True:
            letter = await self._queue.get()
            try:
                await self._deliver(letter)
            finally:
                self._queue.task_done()

    async def drain(self, *, timeout_s: float = 10.0) -> None:
        """Wait until everything handed over so far has left, at most ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._queue.join()
        except TimeoutError:
            log.warning("Letters were still waiting at the end", extra={"waiting": self._queue.qsize()})

    async def _deliver(self, letter: Letter) -> None:
        message = self._message(letter)
        if not self._smtp_url:
            await asyncio.to_thread(self._write, message)
            return
        for attempt in range(1, TRIES + 1):
            try:
                await asyncio.to_thread(self._send, message)
                return
            except (OSError, smtplib.SMTPException) as error:
                facts = {"subject": letter.subject, "attempt": attempt, "error": type(error).__name__}
                log.warning("The mail server did not take a letter", extra=facts)
                if attempt < TRIES:
                    await asyncio.sleep(self._retry_after_s)
        await asyncio.to_thread(self._write, message)  # nothing is lost: it can be sent by hand

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].rstrip(">") or "localhost")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _write(self, message: EmailMessage) -> None:
        """A file per letter: complete or absent, also after a power cut."""
        self._outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{self._clock.now():%Y%m%dT%H%M%S}-{self._random.id()}"
        unfinished = self._outbox / f".{name}.part"
        with open(unfinished, "wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._outbox / f"{name}.eml")
        folder = os.open(self._outbox, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def check(self) -> str:
        """Log in to the mail server and send nothing; returns its name, empty when none is set. Raises: OSError, SMTPException."""
        return await asyncio.to_thread(self._greet) if self._smtp_url else ""

    def _greet(self) -> str:
        with self._server() as server:
            server.noop()
            return f"{urlsplit(self._smtp_url).hostname}"

    def _send(self, message: EmailMessage) -> None:
        with self._server() as server:
            server.send_message(message)

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        url = urlsplit(self._smtp_url)
        host, context = url.hostname or "localhost", ssl.create_default_context()
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(host, url.port or 587, timeout=SMTP_TIMEOUT_S)
        with server:
            if url.scheme != "smtps" and server.has_extn("starttls"):
                server.starttls(context=context)
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            yield server
