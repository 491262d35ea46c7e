"""Every file of ours tells by its key to which row it belongs, and no other file is ours."""

from __future__ import annotations

import pytest

from nyx.services.media.keys import converted_key, originals_of, output_key, thumbnail_key
from nyx.services.media.views import Variant

KEY = output_key(owner_id="a" * 32, generation_id="c" * 32, output_index=11, content_type="image/webp")


class TestOriginalsOf:
    def test_an_original_belongs_to_its_own_row(self) -> None:
        assert originals_of(KEY) == (KEY,)

    @pytest.mark.parametrize("variant", [Variant.THUMB, Variant.PREVIEW, Variant.CLIP_PREVIEW])
    def test_a_thumbnail_belongs_to_its_original_whatever_type_that_is(self, variant: Variant) -> None:
        for content_type in ("image/jpeg", "image/png", "image/webp", "video/mp4", "video/webm"):
            original = output_key(owner_id="a" * 32, generation_id="c" * 32, output_index=11, content_type=content_type)
            assert original in originals_of(thumbnail_key(original, variant))

    @pytest.mark.parametrize("extension", ["mp4", "webm", "png", "jpg", "webp"])
    def test_what_was_converted_belongs_to_its_original_and_is_never_taken_for_one(self, extension: str) -> None:
        converted = converted_key(KEY, extension)
        assert KEY in originals_of(converted)
        assert converted not in originals_of(converted)

    @pytest.mark.parametrize("key", ["notes.txt", "lost+found/x", f"{KEY}.bak", f"deep/{KEY}", f"{'a' * 32}/holiday.jpg", f"{KEY}\n", ""])
    def test_what_somebody_else_put_there_is_not_ours(self, key: str) -> None:
        assert originals_of(key) == ()


class TestThumbnailKey:
    def test_the_files_lie_beside_the_original(self) -> None:
        assert thumbnail_key("owner/gen-0.jpg", Variant.THUMB) == "owner/gen-0.thumb.webp"
        assert thumbnail_key("owner/gen-0.webm", Variant.CLIP_PREVIEW) == "owner/gen-0.clip-preview.mp4"
