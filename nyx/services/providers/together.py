"""Together.ai as a Provider and a Writer: each call sent at most once. Formats are in together_wire, meanings in together_errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx

from nyx.errors import OutcomeUnknown, ProviderMisbehaved, ProviderUnavailable
from nyx.net import Net
from nyx.services.providers import together_errors as errors
from nyx.services.providers.base import Answer, ChatAnswer, ChatRequest, Downloaded, ImageRequest, MediaRequest
from nyx.services.providers.together_wire import (
    Unreadable,
    chat_body,
    error_of,
    image_body,
    parse_chat,
    parse_image,
    parse_models,
    parse_video,
    video_body,
)

DEFAULT_BASE_URL = "https://api.together.ai"

_IMAGE_READ_S = 300.0
_VIDEO_SUBMIT_READ_S = 120.0
_POLL_READ_S = 30.0
_CONNECT_S = 10.0
_CHAT_READ_S = 40.0
_DOWNLOAD_S = 180.0


class TogetherProvider:
    """The Provider ``together``. Its key goes into one header and nowhere else."""

    key = "together"

    def __init__(
        self,
        net: Net,
        *,
        api_key: str,
        base_url: str = DEFAULT_BASE_URL,
        image_read_s: float = _IMAGE_READ_S,
        video_submit_read_s: float = _VIDEO_SUBMIT_READ_S,
    ) -> None:
        self._image_read_s = image_read_s
        self._video_submit_read_s = video_submit_read_s
        self._net = net
        self._base_url = base_url.rstrip("/")
        # httpx keeps this header out of its own repr, and our errors carry only the provider's redacted words.
        self._client = net.client(base_url=self._base_url, headers={"Authorization": f"Bearer {api_key.strip()}"})

    def __repr__(self) -> str:
        return f"TogetherProvider({self._base_url!r})"

    async def submit(self, request: MediaRequest) -> Answer:
        """Ask for one picture or clip; see Provider.submit."""
        if isinstance(request, ImageRequest):
            return await self._submit("/v1/images/generations", image_body(request), parse_image, self._image_read_s)
        return await self._submit("/v2/videos", video_body(request), parse_video, self._video_submit_read_s)

    async def poll(self, provider_job_id: str) -> Answer:
        """Ask how a clip goes; see Provider.poll."""
        answer = await self._ask(f"/v2/videos/{quote(provider_job_id, safe='')}")
        try:
            return parse_video(answer)
        except Unreadable as error:
            raise ProviderUnavailable("The provider's answer could not be read.", detail=str(error)) from error

    async def download(self, url: str, *, into: Path, max_bytes: int) -> Downloaded:
        """Fetch a finished file; see Provider.download. The key is not sent along."""
        return await self._net.download(url, into=into, max_bytes=max_bytes, timeout_s=_DOWNLOAD_S)

    async def list_models(self) -> tuple[tuple[str, str], ...]:
        """List what the provider names today as pairs of model id and type; being listed does not prove that it runs."""
        answer = await self._ask("/v1/models")
        try:
            return parse_models(answer)
        except Unreadable as error:
            raise ProviderMisbehaved("The provider's list of models could not be read.", detail=str(error)) from error

    async def write(self, request: ChatRequest) -> ChatAnswer:
        """Ask a model that writes; see Writer.write."""
        timeout = httpx.Timeout(_CHAT_READ_S, connect=_CONNECT_S, pool=_CONNECT_S)
        try:
            async with asyncio.timeout(_CHAT_READ_S + _CONNECT_S):
                response = await self._client.post("/v1/chat/completions", json=chat_body(request), timeout=timeout)
        except (httpx.RequestError, TimeoutError) as error:
            raise errors.of_lost_poll(error) from error
        if not response.is_success:
            raise errors.of_chat(response, error_of(_json(response)))
        try:
            return parse_chat(_json(response))
        except Unreadable as error:
            raise ProviderMisbehaved("The provider's answer could not be read.", detail=str(error)) from error

    async def close(self) -> None:
        """Give the connection back."""
        await self._client.aclose()

    async def _submit(self, path: str, body: dict[str, object], parse: Callable[[object], Answer], read_s: float) -> Answer:
        timeout = httpx.Timeout(read_s, connect=_CONNECT_S, pool=_CONNECT_S)
        try:
            # httpx limits the pause between two pieces; the outer limit also ends an answer that drips without end.
            async with asyncio.timeout(read_s + 3 * _CONNECT_S):
                response = await self._client.post(path, json=body, timeout=timeout)
        except (httpx.RequestError, TimeoutError) as error:
            raise errors.of_lost_submit(error) from error
        if not response.is_success:
            raise errors.of_submit(response, error_of(_json(response)))
        try:
            return parse(_json(response))
        except Unreadable as error:
            raise OutcomeUnknown(errors.OUTCOME, detail=f"HTTP {response.status_code} · {error}") from error

    async def _ask(self, path: str) -> object:
        timeout = httpx.Timeout(_POLL_READ_S, connect=_CONNECT_S)
        try:
            async with asyncio.timeout(_POLL_READ_S + 2 * _CONNECT_S):
                response = await self._client.get(path, timeout=timeout)
        except (httpx.RequestError, TimeoutError) as error:
            raise errors.of_lost_poll(error) from error
        if not response.is_success:
            raise errors.of_poll(response, error_of(_json(response)))
        return _json(response)


def _json(response: httpx.Response) -> object:
    """Parse the body; None when it is not JSON that we can store, such as a gateway's HTML page or half a character."""
    try:
        answer = response.json()
        json.dumps(answer, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return answer
