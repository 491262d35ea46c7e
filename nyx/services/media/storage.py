"""Where the bytes of media live: the port and its local-disk adapter. Keys are made from our own ids; what a file is, nobody here knows."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from nyx.clock import Random, SystemRandom
from nyx.crash import crash_point
from nyx.errors import NotFound

_TEMPORARY = "tmp"
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})
_RESERVE_BYTES = 200 * 1024 * 1024  # two of the largest outputs


class Storage(Protocol):
    """Files by key. Every method blocks: call it in a thread."""

    def temporary(self) -> Path:
        """A new path, not a file yet, to write to before ``commit``."""
        ...

    def commit(self, temporary: Path, key: str, *, keep_first: bool = False) -> None:
        """Make a temporary file durable under ``key``, in place of what was there; from then on it survives a power cut.

        With ``keep_first`` what was there stays and the temporary file goes.
        """
        ...

    def path(self, key: str) -> Path:
        """Where ``key`` is read from. Raises: NotFound, for a key that leads anywhere else."""
        ...

    def exists(self, key: str) -> bool:
        """Whether ``key`` is a stored file."""
        ...

    def delete(self, key: str, *, untouched_since: datetime | None = None) -> bool:
        """Forget ``key``, if nobody wrote it since then. Returns whether it was there and is gone; safe to repeat."""
        ...

    def keys(self, *, untouched_since: datetime) -> Iterator[str]:
        """Every stored file that nobody wrote since then, while it is being looked for; in no order."""
        ...

    def writable(self) -> bool:
        """Whether a large output would fit now."""
        ...

    def clean(self, *, untouched_since: datetime) -> int:
        """Remove the temporary files that nobody wrote to since then: what a crash left behind. Returns how many."""
        ...


class LocalStorage:
    """A folder on this machine; temporary files are in its ``tmp``, on the same disk, so that a rename is enough."""

    def __init__(self, root: Path, random: Random | None = None) -> None:
        self._root = root.resolve()
        self._temporary = self._root / _TEMPORARY
        self._random = random or SystemRandom()
        self._temporary.mkdir(parents=True, exist_ok=True)

    def temporary(self) -> Path:
        return self._temporary / f"{self._random.id()}.part"

    def commit(self, temporary: Path, key: str, *, keep_first: bool = False) -> None:
        target = self.path(key)
        self._make_folder(target.parent)
        _sync(temporary)
        crash_point("before_rename")
        if not (keep_first and _link(temporary, target)):
            os.replace(temporary, target)
        _sync(target.parent)
        crash_point("after_store")

    def path(self, key: str) -> Path:
        try:
            path = (self._root / key).resolve()
            inside = path.is_relative_to(self._root) and path != self._root and not path.is_relative_to(self._temporary)
        except (OSError, ValueError, RuntimeError) as error:  # a NUL, a name that is too long, a loop of links
            raise NotFound("There is no such file.") from error
        if not inside:
            raise NotFound("There is no such file.")
        return path

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def delete(self, key: str, *, untouched_since: datetime | None = None) -> bool:
        return _remove(self.path(key), untouched_since)

    def keys(self, *, untouched_since: datetime) -> Iterator[str]:
        for folder, folders, names in os.walk(self._root):
            if Path(folder) == self._root:
                folders.remove(_TEMPORARY)
            for path in (Path(folder, name) for name in names):
                with suppress(FileNotFoundError):  # it was replaced or deleted meanwhile
                    if path.lstat().st_mtime < untouched_since.timestamp():
                        yield path.relative_to(self._root).as_posix()

    def writable(self) -> bool:
        return os.access(self._temporary, os.W_OK) and shutil.disk_usage(self._temporary).free > _RESERVE_BYTES

    def clean(self, *, untouched_since: datetime) -> int:
        return sum(_remove(leftover, untouched_since) for leftover in self._temporary.glob("*.part"))

    def _make_folder(self, folder: Path) -> None:
        """Create ``folder`` so that its name survives a power cut too."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _link(temporary: Path, target: Path) -> bool:
    """Whoever comes first gets the name. False on a disk that knows no links, and there the last one does."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    temporary.unlink()
    return True


def _remove(path: Path, untouched_since: datetime | None) -> bool:
    try:
        if untouched_since is not None and path.stat().st_mtime >= untouched_since.timestamp():
            return False
        path.unlink()
    except FileNotFoundError:  # somebody else was faster
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
