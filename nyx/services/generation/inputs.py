"""What providers get in the place of a creator's pictures, made right before the call: until then a request holds ids alone."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from nyx.errors import NotFound, ProviderRejected, ProviderUnavailable
from nyx.services.generation.pictures import media_id_in
from nyx.services.media.delivery import InputDelivery
from nyx.services.media.service import BadFile
from nyx.services.providers.base import ImageRequest, MediaRequest


class InputGone(ProviderRejected):
    """A picture that this was to be made from can't be read any more. The provider was not asked."""

    code = "input_gone"


class Inputs:
    """Fills in the pictures of a request."""

    def __init__(self, delivery: InputDelivery) -> None:
        self._delivery = delivery

    async def resolve(self, request: MediaRequest) -> MediaRequest:
        """The request with an address in the place of each id. Raises: InputGone, ProviderUnavailable (the disk or the database fails)."""
        among = _count(request)
        references = tuple([await self._address(reference, among) for reference in request.reference_images])
        if isinstance(request, ImageRequest):
            image_url = await self._address(request.image_url, among) if request.image_url else None
            return replace(request, image_url=image_url, reference_images=references)
        frames = tuple([replace(frame, url=await self._address(frame.url, among)) for frame in request.frames])
        return replace(request, frames=frames, reference_images=references)

    async def _address(self, given: str, among: int) -> str:
        media_id = media_id_in(given)
        if media_id is None:
            return given
        try:
            return await self._delivery.address(media_id, among=among)
        except (NotFound, BadFile) as error:
            sentence = "A picture that this was to be made from is gone. Nothing was charged; add it again."
            raise InputGone(sentence, detail=f"media {media_id}: {error}") from error
        except (OSError, SQLAlchemyError) as error:
            raise ProviderUnavailable("The pictures for this could not be read here.", detail=repr(error)) from error


def _count(request: MediaRequest) -> int:
    others = request.image_url is not None if isinstance(request, ImageRequest) else len(request.frames)
    return others + len(request.reference_images)
