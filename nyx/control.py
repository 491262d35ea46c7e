"""A unix socket in the data folder through which this machine's owner gives the running studio a command: one line in, one line out.

Whoever may open the socket may do everything: it belongs to the studio's own user, mode 0600.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from nyx.errors import NyxError, Overloaded
from nyx.tasks import Tasks

log = logging.getLogger(__name__)

NAME = "control.sock"
MAX_COMMAND_BYTES = 64 * 1024
MAX_ANSWER_BYTES = 64 * 1024 * 1024  # a line for each of some 500,000 people
MAX_AT_ONCE = 8
READ_S = 5.0
ANSWER_S = 60.0
_LONGEST_ADDRESS = 100  # bytes; the kernel takes 107

Carry = Callable[[bytes], Awaitable[str]]


class Refused(NyxError):
    """The running studio would not or could not do it; the message is its own."""

    code = "refused"


@asynccontextmanager
async def serve(folder: Path, carry_out: Carry) -> AsyncIterator[None]:
    """Answer commands as long as the context lasts. ``carry_out`` gets one line and returns what to say; a NyxError is told as it is."""
    path = folder / NAME
    if await _somebody_answers(path):  # several processes on PostgreSQL may share a folder; one of them listens
        log.info("Another process of this studio answers commands", extra={"socket": str(path)})
        yield
        return
    try:
        listener = _bound(path)
    except OSError as error:  # not every file system has sockets; the studio is as good without
        log.warning("No control socket, so “admin” needs the studio stopped", extra={"socket": str(path), "reason": str(error)})
        yield
        return
    inode = path.stat().st_ino
    counter = _Counter(carry_out)
    server = await asyncio.start_unix_server(counter.serve, sock=listener, limit=MAX_COMMAND_BYTES)
    try:
        yield
    finally:
        server.close()
        await counter.close()
        with suppress(FileNotFoundError):
            if path.stat().st_ino == inode:
                path.unlink()


async def ask(folder: Path, line: str) -> str | None:
    """Give the running studio a command and return what it says; None when no studio listens here. Raises: Refused."""
    try:
        reader, writer = await _connect(folder / NAME)
    except OSError:
        return None
    try:
        async with asyncio.timeout(ANSWER_S + READ_S):
            writer.write(line.encode() + b"\n")
            await writer.drain()
            answer = json.loads(await reader.readuntil())
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise Refused("The running studio did not answer. Look with “admin list” whether it was done.") from error
    finally:
        writer.close()
    if "refused" in answer:
        raise Refused(answer["refused"])
    return str(answer["said"])


class _Counter:
    """Where commands are handed in: a few at once, each within its time."""

    def __init__(self, carry_out: Carry) -> None:
        self._carry_out = carry_out
        self._tasks = Tasks()

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.spawn(self._serve(reader, writer), name="answer a command")

    async def close(self) -> None:
        """Let what is under way finish, within reason."""
        await self._tasks.drain(timeout_s=READ_S)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(reader)
            async with asyncio.timeout(READ_S):
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, TimeoutError) as error:
            log.info("Nobody waited for the answer to a command", extra={"reason": str(error)})
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> dict[str, str]:
        try:
            if len(self._tasks) > MAX_AT_ONCE:
                raise Overloaded
            async with asyncio.timeout(READ_S):
                line = await reader.readuntil()
            async with asyncio.timeout(ANSWER_S):
                return {"said": await self._carry_out(line)}
        except NyxError as error:
            return {"refused": str(error)}
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return {"refused": "The command was not one line of at most 64 KB, or took too long."}
        except Exception:
            log.exception("A command failed")
            return {"refused": "Something broke on our side; the studio's log says what."}


async def _somebody_answers(path: Path) -> bool:
    try:
        _, writer = await _connect(path)
    except OSError:
        return False
    writer.close()
    return True


async def _connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    with _address(path) as address:
        return await asyncio.open_unix_connection(address, limit=MAX_ANSWER_BYTES)


def _bound(path: Path) -> socket.socket:
    """Nobody can connect before it listens, and by then it is the owner's alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(path) as address:
            listener.bind(address)
        path.chmod(0o600)
    except BaseException:
        listener.close()
        raise
    return listener


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The path, or, where it is longer than the kernel takes, the same by way of the open folder."""
    if len(os.fsencode(path.absolute())) <= _LONGEST_ADDRESS:
        yield str(path.absolute())
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
