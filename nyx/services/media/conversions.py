"""Originals in another format: for each format, who makes it. A format that takes long to make is promised first and sent later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nyx.db import Database
from nyx.errors import InvalidInput, NotFound
from nyx.services.media import repository
from nyx.services.media.repository import MediaFile
from nyx.services.media.views import StoredFile


@dataclass(frozen=True, kw_only=True)
class Preparing:
    """It is being made: ``sentence`` is for the person, ``retry_after_s`` for whoever asks again."""

    sentence: str
    retry_after_s: int


class Maker(Protocol):
    """Makes some formats of some files."""

    async def open(self, file: MediaFile, wanted: str) -> StoredFile | Preparing:
        """The file as ``wanted``. Raises: InvalidInput, where this file can't become that; TooMany, Overloaded."""
        ...


class Formats:
    """``makers`` are found by what stands after ``?as=``: ``mp4``, ``webm``."""

    def __init__(self, *, db: Database, makers: Mapping[str, Maker]) -> None:
        self._db = db
        self._makers = makers

    async def open(self, *, owner_id: str, media_id: str, wanted: str) -> StoredFile | Preparing:
        """One of the owner's files as ``wanted``; asking starts the work. Raises: NotFound, InvalidInput, TooMany, Overloaded."""
        maker = self._makers.get(wanted)
        if maker is None:
            raise InvalidInput("There is no such format here.", field="as")
        async with self._db.read() as session:
            file = await repository.find_file(session, media_id=media_id, owner_id=owner_id)
        if file is None:
            raise NotFound("There is no such file.")
        return await maker.open(file, wanted)
