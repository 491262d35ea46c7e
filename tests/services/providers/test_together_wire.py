"""Bodies out and answers in: against the provider's published schema where it is at hand, against our own always."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nyx.services.providers.base import ChatAnswer, ChatRequest, Delivered, ImageRequest, KeyFrame, Pending, Refused, VideoRequest
from nyx.services.providers.together_wire import (
    Unreadable,
    chat_body,
    image_body,
    parse_chat,
    parse_image,
    parse_models,
    parse_video,
    video_body,
)
from tests.services.providers.schema import CHAT_BODY, IMAGE_BODY, VIDEO_BODY

OPENAPI = Path(os.environ.get("NYX_OPENAPI", Path(__file__).resolve().parents[4] / "shared" / "reference" / "together-openapi.yaml"))
JOB = {"id": "019a", "object": "video", "model": "m", "created_at": 1760943438, "size": "1366x768", "seconds": "5", "error": None}

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40)
whole = st.integers(min_value=64, max_value=6336)
image_requests = st.builds(
    ImageRequest,
    model=st.sampled_from(["black-forest-labs/FLUX.2-pro", "Wan-AI/Wan2.6-image"]),
    prompt=text,
    seed=st.none() | st.integers(0, 2**31 - 1),
    width_px=st.none() | whole,
    height_px=st.none() | whole,
    aspect_ratio=st.none() | st.sampled_from(["1:1", "16:9"]),
    negative_prompt=st.none() | text,
    steps=st.none() | st.integers(1, 50),
    guidance=st.none() | st.floats(1, 20),
    output_format=st.sampled_from(["jpeg", "png"]),
    image_url=st.none() | st.just("https://pictures.example/a.png"),
    reference_images=st.lists(st.just("data:image/png;base64,AAAA"), max_size=3).map(tuple),
)
video_requests = st.builds(
    VideoRequest,
    model=st.just("google/veo-3.1"),
    prompt=text,
    seed=st.none() | st.integers(0, 2**31 - 1),
    seconds=st.none() | st.integers(1, 30),
    width_px=st.none() | whole,
    height_px=st.none() | whole,
    resolution=st.none() | st.sampled_from(["720p", "1080P"]),
    ratio=st.none() | st.just("16:9"),
    fps=st.none() | st.integers(8, 60),
    steps=st.none() | st.integers(10, 50),
    guidance=st.none() | st.floats(1, 20),
    negative_prompt=st.none() | text,
    generate_audio=st.none() | st.booleans(),
    output_format=st.sampled_from(["mp4", "webm"]),
    frames=st.lists(
        st.builds(
            KeyFrame,
            url=st.sampled_from(["https://a.example/x.png", "data:image/png;base64,QUJD"]),
            position=st.sampled_from(["first", "last"]),
        ),
        max_size=2,
    ).map(tuple),
    reference_images=st.lists(st.just("https://a.example/y.png"), max_size=2).map(tuple),
)


@cache
def openapi() -> Mapping[str, Any]:
    if not OPENAPI.is_file():
        pytest.skip(f"the provider's OpenAPI file is not at {OPENAPI}; NYX_OPENAPI names another place")
    return yaml.load(OPENAPI.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def published(path: str) -> jsonschema.Draft202012Validator:
    document = openapi()
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


class TestImageBody:
    @given(image_requests)
    def test_has_only_fields_that_we_mean(self, request: ImageRequest) -> None:
        jsonschema.validate(image_body(request), IMAGE_BODY)

    def test_validates_against_the_published_schema(self) -> None:
        validator = published("/images/generations")

        @given(image_requests)
        def check(request: ImageRequest) -> None:
            validator.validate(image_body(request))

        check()

    def test_a_published_schema_that_we_break_is_noticed(self) -> None:
        with pytest.raises(jsonschema.ValidationError):
            published("/images/generations").validate({"model": "m", "prompt": "p", "width": "1024"})

    def test_asks_for_one_picture_by_link(self) -> None:
        body = image_body(ImageRequest(model="m/m", prompt="a fox", width_px=1024, height_px=768, guidance=3.5))
        assert body == {
            "model": "m/m", "prompt": "a fox", "width": 1024, "height": 768, "guidance_scale": 3.5,
            "output_format": "jpeg", "response_format": "url",
        }  # fmt: skip


class TestVideoBody:
    @given(video_requests)
    def test_has_only_fields_that_we_mean(self, request: VideoRequest) -> None:
        jsonschema.validate(video_body(request), VIDEO_BODY)

    def test_validates_against_the_published_schema(self) -> None:
        validator = published("/videos")

        @given(video_requests)
        def check(request: VideoRequest) -> None:
            validator.validate(video_body(request))

        check()

    def test_seconds_are_text_and_pictures_stand_in_media(self) -> None:
        frames = (KeyFrame(url="data:image/png;base64,QUJD", position="first"),)
        body = video_body(VideoRequest(model="m/m", prompt="a fox", seconds=5, frames=frames, guidance=7.0))
        assert body["seconds"] == "5"
        assert body["guidance_scale"] == 7
        assert body["media"] == {"frame_images": [{"input_image": "QUJD", "frame": "first"}]}
        assert body["output_format"] == "MP4"


class TestChatBody:
    REQUEST = st.builds(
        ChatRequest, model=st.just("Qwen/Qwen3.5-9B"), system=text, user=text, max_tokens=st.integers(1, 2_000), temperature=st.floats(0, 2)
    )

    @given(REQUEST)
    def test_has_only_fields_that_we_mean(self, request: ChatRequest) -> None:
        jsonschema.validate(chat_body(request), CHAT_BODY)

    def test_validates_against_the_published_schema(self) -> None:
        validator = published("/chat/completions")

        @given(self.REQUEST)
        def check(request: ChatRequest) -> None:
            validator.validate(chat_body(request))

        check()

    def test_what_a_person_typed_is_the_last_message_and_nothing_else(self) -> None:
        body = chat_body(ChatRequest(model="m/m", system="ours", user='theirs"}]', max_tokens=5, temperature=0))
        assert body["messages"] == [{"role": "system", "content": "ours"}, {"role": "user", "content": 'theirs"}]'}]


class TestParseChat:
    def test_takes_the_text_and_who_wrote_it(self) -> None:
        answer = {"model": "m/m", "choices": [{"message": {"role": "assistant", "content": "a fox", "reasoning": "hm"}}]}
        assert parse_chat(answer) == ChatAnswer(text="a fox", model="m/m")

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            [],
            {},
            {"choices": []},
            {"choices": {"0": {}}},
            {"choices": ["x"]},
            {"choices": [{"message": None}]},
            {"choices": [{"message": {"content": None}}]},
            {"choices": [{"message": {"content": " "}}]},
        ],
    )
    def test_what_says_nothing_is_unreadable(self, answer: object) -> None:
        with pytest.raises(Unreadable):
            parse_chat(answer)


class TestParseImage:
    @pytest.mark.parametrize(
        "entry",
        [
            {"index": 0, "url": "https://x/shrt/a", "type": "url"},
            {"url": "https://x/shrt/a", "b64_json": None, "type": None, "timings": {"inference": 0.799}},
        ],
    )
    def test_takes_whichever_of_link_and_data_is_there(self, entry: dict[str, object]) -> None:
        assert parse_image({"data": [entry]}) == Delivered(url="https://x/shrt/a")

    def test_decodes_base64(self) -> None:
        data = base64.b64encode(b"\xff\xd8picture").decode()
        assert parse_image({"data": [{"index": 0, "url": None, "b64_json": data, "type": None}]}) == Delivered(data=b"\xff\xd8picture")

    def test_a_picture_that_comes_twice_counts_once(self) -> None:
        assert parse_image({"data": [{"url": "https://x/1"}, {"url": "https://x/2"}]}) == Delivered(url="https://x/1")

    def test_an_empty_list_is_a_final_failure_in_plain_words(self) -> None:
        answer = parse_image({"id": "x", "data": []})
        assert isinstance(answer, Refused)
        assert "without delivering" in answer.sentence

    def test_a_success_with_an_error_inside_is_a_failure(self) -> None:
        answer = parse_image({"error": {"message": "flagged by the safety checker", "code": "x"}})
        assert isinstance(answer, Refused)
        assert "safety" in answer.sentence

    @pytest.mark.parametrize("answer", [None, [], "x", {}, {"data": 3}, {"data": [{}]}, {"data": ["x"]}, {"data": [{"b64_json": "%%%"}]}])
    def test_what_has_no_shape_is_unreadable(self, answer: object) -> None:
        with pytest.raises(Unreadable):
            parse_image(answer)


class TestParseVideo:
    @pytest.mark.parametrize("status", ["queued", "in_progress", "processing", "something_new", None])
    def test_an_unknown_status_is_pending(self, status: str | None) -> None:
        assert parse_video({**JOB, "status": status}) == Pending(provider_job_id="019a")

    @pytest.mark.parametrize(
        ("cost", "micros"), [(0.28, 280_000), (1, 1_000_000), ("0.1", 100_000), (None, None), (True, None), (-1, None)]
    )
    def test_cost_is_money_or_nothing(self, cost: object, micros: int | None) -> None:
        answer = parse_video({**JOB, "status": "completed", "outputs": {"cost": cost, "video_url": "https://x/v"}})
        assert answer == Delivered(url="https://x/v", provider_job_id="019a", cost_usd_micros=micros)

    def test_cost_and_times_may_be_missing_or_in_another_form(self) -> None:
        job = {**JOB, "status": "completed", "created_at": "2025-10-20T06:57:18.154804Z", "outputs": {"video_url": "https://x/v"}}
        assert parse_video(job) == Delivered(url="https://x/v", provider_job_id="019a")

    @pytest.mark.parametrize("outputs", [None, {}, [], {"cost": 1, "video_url": None}])
    def test_completed_without_a_file_is_a_final_failure(self, outputs: object) -> None:
        answer = parse_video({**JOB, "status": "completed", "outputs": outputs})
        assert isinstance(answer, Refused)
        assert "without delivering" in answer.sentence

    @pytest.mark.parametrize(
        "reason",
        [
            {"error": {"message": "Unsupported use of 'negativePrompt' parameter. Details.", "code": "unsupportedParameter"}},
            {"info": {"errors": "Unsupported use of 'negativePrompt' parameter."}},
            {"info": {"errors": [{"message": "Unsupported use of 'negativePrompt' parameter."}]}},
            {"info": {"errors": {"message": "Unsupported use of 'negativePrompt' parameter."}}},
        ],
    )
    def test_a_failure_names_the_input_wherever_the_reason_stands(self, reason: dict[str, object]) -> None:
        answer = parse_video({**JOB, "status": "failed", "outputs": None, **reason})
        assert isinstance(answer, Refused)
        assert "negative prompt" in answer.sentence
        assert "negativePrompt" in answer.detail
        assert answer.provider_job_id == "019a"

    def test_a_failure_without_reason_still_has_a_sentence(self) -> None:
        answer = parse_video({**JOB, "status": "failed"})
        assert isinstance(answer, Refused)
        assert answer.sentence.endswith(".")

    @pytest.mark.parametrize("answer", [None, [], {}, {"status": "completed"}, {"id": 7, "status": "completed"}])
    def test_what_has_no_job_is_unreadable(self, answer: object) -> None:
        with pytest.raises(Unreadable):
            parse_video(answer)


class TestParseModels:
    def test_reads_the_bare_array(self) -> None:
        assert parse_models([{"id": "a/b", "type": "image"}, {"id": "c/d"}, {"no": "id"}]) == (("a/b", "image"), ("c/d", ""))
