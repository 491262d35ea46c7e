"""Together's images, videos and texts as the sandbox serves them: routes and answers. Refusals are in rules.py, fault words in faults.py.

There is no way to cancel a job, as the provider has none: a client must not come to depend on one.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from nyx.clock import Clock, Random
from nyx.sandbox.chat import chat_view, dressed, is_about_clips, prompt_in
from nyx.sandbox.darkroom import ClipOrder, Darkroom, PictureOrder
from nyx.sandbox.faults import Fault, Faults, faults_in, without_faults
from nyx.sandbox.jobs import ClipJob, Memory
from nyx.sandbox.keeping import ClipFolder
from nyx.sandbox.models import VideoModel
from nyx.sandbox.rules import Complaint, Json, check_image, check_video, refused_field
from nyx.sandbox.settings import Oddity, SandboxSettings
from nyx.sandbox.views import clip_view, image_view, models_view, status_of, supported_view
from nyx.sandbox.wire import authorize, base_of, decoded, is_link, number_in, pictures_in, read_body

_BUSY = (
    "Too many requests in a short window. Our rate limits are dynamic - they shift with live model capacity and your traffic shape, "
    "so steady traffic and exponential back-off help."
)
_UNSAFE = "The request was blocked by the safety checker. Please modify the prompt and try again."


class TogetherSandbox:
    """The routes of one stand-in."""

    def __init__(self, *, settings: SandboxSettings, clock: Clock, random: Random) -> None:
        self._settings = settings
        self._clock = clock
        self._random = random
        self._memory = Memory(clock=clock, random=random, limit=settings.max_remembered)
        self._kept = ClipFolder(settings.clips_folder, clock=clock) if settings.clips_folder else None
        self._darkroom = Darkroom(prepared=settings.prepared_picture)

    def routes(self) -> list[Route]:
        """Return the routes of /v1, /v2, /shrt and the test aid."""
        return [
            Route("/v1/images/generations", self.create_image, methods=["POST"]),
            Route("/v1/chat/completions", self.create_chat, methods=["POST"]),
            Route("/v1/models", self.list_models, methods=["GET"]),
            Route("/v2/supported-models", self.list_supported, methods=["GET"]),
            Route("/v2/videos", self.create_video, methods=["POST"]),
            Route("/v2/videos/{job_id}", self.get_video, methods=["GET"]),
            Route("/shrt/{name}", self.follow_link, methods=["GET"]),
            Route("/shrt/{name}/file", self.get_file, methods=["GET"]),
            Route("/_sandbox/log", self.get_log, methods=["GET"]),
        ]

    def close(self) -> None:
        """Let the drawing threads end."""
        self._darkroom.close()

    async def create_image(self, request: Request) -> Response:
        """Draw pictures and answer with links or base64, after the time that a provider would take."""
        body = await read_body(request)
        width, height = check_image(body)
        faults = self._gate(body)
        if Fault.FAIL in faults or self._has_bad_luck():
            raise Complaint("Image generation failed.", code="generation_failed")
        source = await self._source(request, body)
        answer_id = self._accept("image", body)
        await self._pause(faults)
        data: list[dict[str, object]] = []
        for index in range(0 if Fault.EMPTY in faults else 2 if Fault.DUPLICATE in faults else number_in(body, "n", 1)):
            order = PictureOrder(
                prompt=without_faults(str(body["prompt"])),
                seed=self._seed(body) + (0 if Fault.DUPLICATE in faults else index),
                width=width,
                height=height,
                file_format=str(body.get("output_format", "jpeg")),
                source=source,
            )
            data.append({"index": index} | await self._delivery(request, order, faults, body))
        return JSONResponse(image_view(answer_id, str(body["model"]), data, self._settings.oddities))

    async def create_video(self, request: Request) -> Response:
        """Accept a clip; the answer is the job."""
        body = await read_body(request)
        model, width, height = check_video(body)
        complaint = refused_field(body, model)
        if complaint and Oddity.LATE_COMPLAINT not in self._settings.oddities:
            raise complaint
        faults = self._gate(body)
        source = await self._source(request, body)
        job = self._clip_job(body, model, (width, height), faults)
        job.order = replace(job.order, source=source)
        if complaint or Fault.FAIL in faults or self._has_bad_luck():
            failed = complaint or Complaint("Video generation failed.", code="generationFailed")
            job.failure = {"message": failed.message, "code": failed.code}
        self._memory.clips.put(job.id, job)
        if self._kept is not None:
            await self._kept.put(job)
        if Fault.HANG in faults:
            await asyncio.sleep(self._settings.hang_s)
        return JSONResponse(self._view(request, job))

    async def get_video(self, request: Request) -> Response:
        """Tell how a clip goes."""
        authorize(request)
        job = await self._find_clip(request.path_params["job_id"])
        if job is None:
            raise Complaint("Video ID not found.", status=404, code="not_found")
        return JSONResponse(self._view(request, job))

    async def _find_clip(self, job_id: str) -> ClipJob | None:
        job = self._memory.clips.find(job_id)
        if job is None and self._kept is not None and (job := await self._kept.find(job_id)):
            self._memory.clips.put(job_id, job)
        return job

    async def create_chat(self, request: Request) -> Response:
        """Answer by a template, and say so where a model would stand. Any model may be asked for: it is never used."""
        body = await read_body(request)
        prompt = prompt_in(body)
        faults = self._gate({"model": body.get("model"), "prompt": prompt})
        if Fault.FAIL in faults:
            raise Complaint("Request failed.", status=500, kind="server_error")
        if Fault.HANG in faults or Fault.STUCK in faults:
            await asyncio.sleep(self._settings.hang_s)
        await asyncio.sleep(faults.number(Fault.SLOW))
        text = None if Fault.EMPTY in faults else dressed(prompt, moving=is_about_clips(body))
        now_s = self._clock.now().timestamp()
        return JSONResponse(chat_view(self._memory.uuid7(), text, created_s=now_s, words_in=len(prompt.split())))

    async def list_models(self, request: Request) -> Response:
        """List the models as a bare array."""
        authorize(request)
        return JSONResponse(models_view())

    async def list_supported(self, request: Request) -> Response:
        """List the models in the newer form."""
        authorize(request)
        return JSONResponse(supported_view())

    async def follow_link(self, request: Request) -> Response:
        """Redirect a short link to its file; a caller who names no User-Agent is refused."""
        if not request.headers.get("user-agent"):
            return Response("Forbidden", status_code=403)
        name = request.path_params["name"]
        result = self._memory.results.find(name)
        if result is None or result.expires_s <= self._clock.monotonic():
            return Response("Not Found", status_code=404)
        return RedirectResponse(f"{base_of(request)}/shrt/{name}/file", status_code=302)

    async def get_file(self, request: Request) -> Response:
        """Send the file, or half of it when the prompt asked for that."""
        result = self._memory.results.find(request.path_params["name"])
        if result is None or result.expires_s <= self._clock.monotonic():
            return Response("Not Found", status_code=404)
        file = await self._darkroom.develop(result.order)
        headers = {"content-length": str(len(file.data)), "cache-control": "private, max-age=300"}
        if result.cuts_left > 0:
            result.cuts_left -= 1
            return Response(file.data[: len(file.data) // 2], media_type=file.content_type, headers=headers)
        return Response(file.data, media_type=file.content_type, headers=headers)

    async def get_log(self, request: Request) -> Response:
        """List everything accepted, oldest first. Not part of the provider's API: it lets a test prove that nothing was sent twice."""
        if request.client is not None and request.client.host not in ("127.0.0.1", "::1", "testclient"):
            return Response("Not Found", status_code=404)
        return JSONResponse([vars(accepted) for accepted in self._memory.accepted])

    def _gate(self, body: Json) -> Faults:
        """Refuse what the prompt asks to have refused before anything is accepted."""
        faults = faults_in(str(body.get("prompt", "")))
        key = json.dumps([body.get("model"), body.get("prompt"), body.get("seed")])
        if Fault.BUSY in faults and self._memory.count_try(key) < faults.number(Fault.BUSY):
            raise Complaint(_BUSY, status=429, kind="dynamic_request_limited")
        if Fault.BROKEN in faults:
            raise Complaint("Internal server error", status=500, kind="server_error")
        if Fault.REJECT in faults:
            raise Complaint(_UNSAFE, status=422, code="content_policy_violation", param="prompt")
        times = faults.number(Fault.FAIL)
        return faults.without(Fault.FAIL) if times and self._memory.count_try(f"fail {key}") >= times else faults

    def _accept(self, kind: str, body: Json) -> str:
        seed = body.get("seed")
        return self._memory.accept(
            kind=kind, model=str(body["model"]), prompt=str(body.get("prompt", "")), seed=seed if isinstance(seed, int) else None
        )

    async def _pause(self, faults: Faults) -> None:
        if Fault.HANG in faults or Fault.STUCK in faults:
            await asyncio.sleep(self._settings.hang_s)
        wait_s = self._takes_s(self._settings.image_latency_s, faults)
        if wait_s:
            await asyncio.sleep(wait_s)

    def _takes_s(self, latency_s: float, faults: Faults) -> float:
        spread = 1 + self._settings.jitter * (2 * self._random.random() - 1)
        usual_s = 0.0 if self._settings.prepared_picture else latency_s * spread
        return usual_s + faults.number(Fault.SLOW) + (self._settings.late_s if Fault.LATE in faults else 0)

    def _has_bad_luck(self) -> bool:
        return self._settings.failure_rate > 0 and self._random.random() < self._settings.failure_rate

    async def _source(self, request: Request, body: Json) -> bytes | None:
        """Find the first input picture that came as data or by a link of our own. No other is fetched: the sandbox calls nobody."""
        ours = f"{base_of(request)}/shrt/"
        for given in pictures_in(body):
            if not is_link(given):
                return decoded(given)
            result = self._memory.results.find(given.removeprefix(ours).partition("/")[0]) if given.startswith(ours) else None
            if result is not None and isinstance(result.order, PictureOrder):
                return (await self._darkroom.develop(result.order)).data
        return None

    def _seed(self, body: Json) -> int:
        seed = body.get("seed")
        return seed if isinstance(seed, int) else self._random.seed_32()

    async def _delivery(self, request: Request, order: PictureOrder, faults: Faults, body: Json) -> dict[str, object]:
        """Make one entry of ``data``. The picture is drawn now, so that the answer's time is the drawing's."""
        file = await self._darkroom.develop(order)
        if body.get("response_format") == "base64":
            return {"b64_json": base64.b64encode(file.data).decode(), "type": "b64_json"}
        name = self._memory.link(order, faults, self._settings.url_ttl_s)
        return {"url": f"{base_of(request)}/shrt/{name}", "type": "url"}

    def _clip_job(self, body: Json, model: VideoModel, size: tuple[int, int], faults: Faults) -> ClipJob:
        seconds = int(str(body.get("seconds", model.seconds)))
        sound = body.get("generate_audio")
        return ClipJob(
            id=self._accept("video", body),
            model=str(body["model"]),
            order=ClipOrder(
                prompt=without_faults(str(body.get("prompt", ""))),
                seed=self._seed(body),
                width=size[0],
                height=size[1],
                seconds=seconds,
                fps=min(max(number_in(body, "fps", model.fps), 8), self._settings.most_fps),
                file_format=str(body.get("output_format", "MP4")).lower(),
                has_sound=sound if isinstance(sound, bool) else model.has_sound,
            ),
            faults=faults,
            started_s=self._clock.monotonic(),
            created_at_s=self._clock.now().timestamp(),
            takes_s=None if Fault.STUCK in faults else self._takes_s(self._settings.video_latency_s, faults),
            failure=None,
            size=f"{size[0]}x{size[1]}",
            seconds=str(seconds),
        )

    def _view(self, request: Request, job: ClipJob) -> dict[str, object]:
        oddities = self._settings.oddities
        status = status_of(job, now_s=self._clock.monotonic(), oddities=oddities)
        if status != "completed" or Fault.EMPTY in job.faults:
            return clip_view(job, status, url=None, oddities=oddities)
        if job.link is None or (Fault.DUPLICATE in job.faults and job.terminal_polls == 3):
            job.link = self._memory.link(job.order, job.faults, self._settings.url_ttl_s)
        return clip_view(job, status, url=f"{base_of(request)}/shrt/{job.link}", oddities=oddities)
