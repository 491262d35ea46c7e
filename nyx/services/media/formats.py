"""Pictures in another format: PNG, JPEG or WebP, by the names that addresses use."""

from __future__ import annotations

from nyx.errors import InvalidInput
from nyx.services.media.inspect import kind_of
from nyx.services.media.repository import MediaFile
from nyx.services.media.service import MediaService
from nyx.services.media.views import StoredFile

PICTURES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


class PictureFormats:
    """A ``Maker`` of conversions: a picture takes a moment, so that nothing is promised."""

    def __init__(self, media: MediaService) -> None:
        self._media = media

    async def open(self, file: MediaFile, wanted: str) -> StoredFile:
        """The picture as ``wanted``, marked where due. Raises: InvalidInput (a clip), NotFound, Overloaded."""
        if kind_of(file.content_type) != "image":
            raise InvalidInput("A clip can't become a picture.", field="as")
        return await self._media.open_as(file, PICTURES[wanted])
