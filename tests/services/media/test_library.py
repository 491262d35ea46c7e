"""Looking through a gallery and keeping it in order, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nyx.bus import Event, MemoryBus, user_topic
from nyx.db import Database
from nyx.errors import InvalidInput, NotFound
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.views import Figures, Filters, MediaView, Variant
from tests.services.media.kit import MODEL, OWNER, STRANGER, add_generation, add_media, add_output, add_people, fill
from tests.support.clock import START

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def _people(db: Database) -> None:
    await add_people(db)


async def prompts(library: MediaLibrary, filters: Filters = Filters(), *, owner_id: str = OWNER) -> list[str]:  # noqa: B008 - frozen
    """Of the first page."""
    return [view.prompt for view in (await library.page(owner_id=owner_id, filters=filters)).items]


async def read_through(library: MediaLibrary, filters: Filters = Filters(), *, limit: int) -> list[MediaView]:  # noqa: B008 - frozen
    """Every page after the other."""
    seen: list[MediaView] = []
    after = None
    while True:
        page = await library.page(owner_id=OWNER, filters=filters, limit=limit, after=after)
        seen += page.items
        if (after := page.after) is None:
            return seen


class TestPage:
    @pytest.mark.parametrize("words", ["", "fox"])
    @pytest.mark.parametrize("oldest_first", [False, True])
    async def test_pages_in_order_without_a_gap_or_a_repeat(
        self, db: Database, library: MediaLibrary, oldest_first: bool, words: str
    ) -> None:
        # Several share one moment: the id decides between them.
        made = [await add_media(db, prompt=f"fox {n}", now=START + (n // 3) * MINUTE) for n in range(10)]
        await add_media(db, owner_id=STRANGER, prompt="somebody else's fox")
        seen = await read_through(library, Filters(words=words, oldest_first=oldest_first), limit=4)
        assert len(seen) == 10
        assert {view.id for view in seen} == set(made)
        moments = [view.created_at for view in seen]
        assert moments == sorted(moments, reverse=not oldest_first)

    @pytest.mark.parametrize("words", ["", "fox"])
    async def test_what_arrives_meanwhile_neither_repeats_nor_hides_anything(self, db: Database, library: MediaLibrary, words: str) -> None:
        made = await fill(db, *(f"fox {number}" for number in range(9)))
        filters = Filters(words=words)
        seen, after = [], None
        for number in range(3):
            page = await library.page(owner_id=OWNER, filters=filters, limit=3, after=after)
            seen += [view.id for view in page.items]
            after = page.after
            await add_media(db, prompt=f"fox new {number}", now=START + (100 + number) * MINUTE)
        assert seen == made[::-1]
        assert after is None

    async def test_tells_what_each_was_made_from(self, db: Database, library: MediaLibrary) -> None:
        await add_media(db, prompt="a fox in the rain")
        (view,) = (await library.page(owner_id=OWNER)).items
        assert (view.prompt, view.model_key, view.capability, view.seed) == ("a fox in the rain", MODEL, "text-to-image", 7)
        assert (view.settings["steps"], view.price_credits, view.created_at) == (4, 2, START)
        assert (view.is_clip, view.is_favourite, view.deleted_at) == (False, False, None)
        assert view.url(Variant.THUMB) == f"/media/{view.id}/thumb"

    async def test_a_generation_without_files_is_not_in_it(self, db: Database, library: MediaLibrary) -> None:
        await add_generation(db, generation_id="d" * 32)
        assert await prompts(library) == []

    @pytest.mark.parametrize("after", ["", "x", "1", "-", "9" * 30 + "-", "1-zz", "1-' OR 1=1", "1-" + "a" * 33])
    async def test_an_address_that_leads_nowhere_is_refused(self, library: MediaLibrary, after: str) -> None:
        for filters in (Filters(), Filters(words="fox")):
            with pytest.raises(InvalidInput):
                await library.page(owner_id=OWNER, filters=filters, after=after)


class TestFilters:
    async def test_narrow_to_pictures_or_clips_a_model_favourites_and_days(self, db: Database, library: MediaLibrary) -> None:
        _, owl = await fill(db, "fox", "owl")
        (wave,) = await fill(db, "wave", kind="video", model_key="kling-2")
        await library.favour(owner_id=OWNER, media_ids=[owl, wave])
        assert await prompts(library, Filters(kind="image")) == ["owl", "fox"]
        assert await prompts(library, Filters(kind="video")) == ["wave"]
        assert await prompts(library, Filters(model_key="kling-2")) == ["wave"]
        assert await prompts(library, Filters(is_favourite=True, kind="image")) == ["owl"]
        assert await prompts(library, Filters(since=START + MINUTE)) == ["owl"]
        assert set(await prompts(library, Filters(until=START + MINUTE))) == {"fox", "wave"}
        assert await prompts(library, Filters(since=START + MINUTE, until=START + MINUTE)) == []
        assert await prompts(library, Filters(words="owl", is_favourite=True)) == ["owl"]
        assert await prompts(library, Filters(words="fox", is_favourite=True)) == []

    async def test_the_models_to_choose_from_are_those_that_made_something(self, db: Database, library: MediaLibrary) -> None:
        await fill(db, "fox", "owl")
        await fill(db, "wave", model_key="kling-2")
        (gone,) = await fill(db, "gone", model_key="veo-3")
        await fill(db, "theirs", owner_id=STRANGER, model_key="sora-2")
        await library.trash(owner_id=OWNER, media_ids=[gone])
        assert sorted(await library.model_keys(owner_id=OWNER)) == [MODEL, "kling-2"]

    async def test_among_says_which_of_some_still_pass(self, db: Database, library: MediaLibrary) -> None:
        fox, owl = await fill(db, "fox", "owl")
        (theirs,) = await fill(db, "fox", owner_id=STRANGER)
        ids = [fox, owl, theirs, "0" * 32]
        assert {view.id for view in await library.among(owner_id=OWNER, media_ids=ids)} == {fox, owl}
        assert [view.id for view in await library.among(owner_id=OWNER, media_ids=ids, filters=Filters(words="fox"))] == [fox]


class TestSearch:
    async def test_finds_every_word_in_any_order_and_lets_the_last_one_go_on(self, db: Database, library: MediaLibrary) -> None:
        await fill(db, "A Fox in the rain", "a foxglove, by the sea", "an owl at dusk")
        assert await prompts(library, Filters(words="rain fox")) == ["A Fox in the rain"]
        assert await prompts(library, Filters(words="FOX")) == ["a foxglove, by the sea", "A Fox in the rain"]
        assert await prompts(library, Filters(words="fox a")) == ["A Fox in the rain"]
        assert await prompts(library, Filters(words="owl fox")) == []
        assert len(await prompts(library, Filters(words="   "))) == 3

    async def test_knows_other_scripts(self, db: Database, library: MediaLibrary) -> None:
        await fill(db, "Füchse im Regen", "лиса под дождём", "狐狸 下雨")
        assert await prompts(library, Filters(words="füchse")) == ["Füchse im Regen"]
        assert await prompts(library, Filters(words="лиса")) == ["лиса под дождём"]
        assert await prompts(library, Filters(words="狐")) == ["狐狸 下雨"]

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("cafe", ["a café, raining", "LE CAFÉ"]),
            ("CAFÉ", ["a café, raining", "LE CAFÉ"]),
            ("cafe\u0301", ["a café, raining", "LE CAFÉ"]),
            ("fuchse", ["Füchse im Regen"]),
            ("strasse", ["eine Straße in Łódź"]),
            ("lodz", ["eine Straße in Łódź"]),
            ("ha noi", ["phở ở Hà Nội"]),
            ("istanbul", ["İstanbul'da \u0131ş\u0131k"]),
            ("\u0131sik", ["İstanbul'da \u0131ş\u0131k"]),
            ("ДОЖДЕМ", ["лиса под дождём"]),
            ("ΝΥΚΤΑΣ", ["το φως της νύκτας"]),
            ("שלום", ["שָׁלוֹם"]),
            ("مدرسة", ["مَدْرَسَة قديمة"]),
            ("ガラス", ["ガラスの城"]),
            ("ｶﾞﾗｽ", ["ガラスの城"]),
            ("カラス", []),  # a crow is no glass
            ("हिन्दी", ["हिन्दी में"]),
            ("กรุงเทพ", ["กรุงเทพ ฝนตก"]),
            ("한", ["한국의 밤"]),
            ("l'ete 3.5 fox-hunt", ["l’été: f/3.5, fox-hunt_2 http://a.b/c"]),
            ("2 b c", ["l’été: f/3.5, fox-hunt_2 http://a.b/c"]),
        ],
    )
    async def test_finds_the_same_on_every_database_with_or_without_accents(
        self, db: Database, library: MediaLibrary, typed: str, found: list[str]
    ) -> None:
        await fill(
            db, "LE CAFÉ", "a café, raining", "Füchse im Regen", "eine Straße in Łódź", "phở ở Hà Nội", "İstanbul'da \u0131ş\u0131k",
            "лиса под дождём", "το φως της νύκτας", "שָׁלוֹם", "مَدْرَسَة قديمة", "ガラスの城", "हिन्दी में", "กรุงเทพ ฝนตก", "한국의 밤",
            "l’été: f/3.5, fox-hunt_2 http://a.b/c",
        )  # fmt: skip
        assert await prompts(library, Filters(words=typed)) == found

    async def test_finds_in_the_longest_prompt(self, db: Database, library: MediaLibrary) -> None:
        longest = "é" * 4_000 + " " + "ﷺ" * 900 + " fox"
        await fill(db, longest)
        assert await prompts(library, Filters(words="e" * 4_000)) == [longest]
        assert await prompts(library, Filters(words="fox")) == [longest]

    @pytest.mark.parametrize(
        "typed",
        [
            '"', '""', "'", "fox AND", "NOT", "OR fox", "(fox", "fox)", "fox*", "*", "^fox", "prompt:fox", "owner : fox", "fox + rain",
            "NEAR(fox rain)", "{fox}", "-fox", "fox\\", "a & b | !c", "fox:*", "\x00fox", "<->", "'; DROP TABLE media; --", "\ud7ff\ufeff",
            "x" * 5_000, "fox " * 500, "%", "_", "\u202efox", "🦊", "1" * 70,
        ],
    )  # fmt: skip
    async def test_nothing_that_is_typed_breaks_it(self, db: Database, library: MediaLibrary, typed: str) -> None:
        await fill(db, "a fox in the rain")
        assert len(await prompts(library, Filters(words=typed))) <= 1

    async def test_nobody_finds_what_is_somebody_else_s(self, db: Database, library: MediaLibrary) -> None:
        await fill(db, "a fox", f"owner {OWNER}", owner_id=STRANGER)
        assert await prompts(library, Filters(words="fox")) == []
        assert await prompts(library, Filters(words=OWNER)) == []

    async def test_follows_a_prompt_that_is_changed(self, db: Database, library: MediaLibrary) -> None:
        await fill(db, "a fox")
        await db.write(lambda tx: tx.execute("UPDATE generation SET prompt = 'an owl', words = 'an owl'"))
        assert await prompts(library, Filters(words="fox")) == []
        assert await prompts(library, Filters(words="owl")) == ["an owl"]


class TestTrash:
    async def test_takes_it_out_of_every_answer_at_once(
        self, db: Database, media: MediaService, library: MediaLibrary, bus: MemoryBus
    ) -> None:
        stored = await add_output(db, media)
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        assert await library.trash(owner_id=OWNER, media_ids=[stored.media_id]) == 1
        assert heard == [Event("media", stored.media_id)]
        assert await library.figures(owner_id=OWNER) == Figures(in_gallery=0, in_trash=1, used_bytes=stored.size_bytes)
        assert await prompts(library) == await prompts(library, Filters(words="fox")) == []
        assert await prompts(library, Filters(in_trash=True)) == await prompts(library, Filters(in_trash=True, words="fox")) != []
        with pytest.raises(NotFound):
            await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.ORIGINAL)
        with pytest.raises(NotFound):
            await library.get(owner_id=OWNER, media_id=stored.media_id)
        with pytest.raises(NotFound):
            await library.trash(owner_id=OWNER, media_ids=[stored.media_id])
        assert (await library.get(owner_id=OWNER, media_id=stored.media_id, in_trash=True)).deleted_at is not None

    async def test_only_the_owner_may(self, db: Database, library: MediaLibrary) -> None:
        (fox,) = await fill(db, "fox")
        for refused in (library.trash, library.favour, library.restore):
            with pytest.raises(NotFound):
                await refused(owner_id=STRANGER, media_ids=[fox])
        with pytest.raises(NotFound):
            await library.get(owner_id=STRANGER, media_id=fox)
        assert (await library.figures(owner_id=OWNER)).in_gallery == 1

    async def test_many_at_once_leave_out_what_is_not_there(self, db: Database, library: MediaLibrary, bus: MemoryBus) -> None:
        made = await fill(db, *map(str, range(30)))
        (theirs,) = await fill(db, "theirs", owner_id=STRANGER)
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        assert await library.trash(owner_id=OWNER, media_ids=[*made, *made, theirs, "0" * 32]) == 30
        assert heard == [Event("refresh")]
        assert (await library.figures(owner_id=STRANGER)).in_gallery == 1

    @pytest.mark.parametrize("count", [0, 501])
    async def test_none_or_too_many_are_refused(self, library: MediaLibrary, count: int) -> None:
        with pytest.raises(InvalidInput):
            await library.trash(owner_id=OWNER, media_ids=[f"{number:032}" for number in range(count)])


class TestRestore:
    async def test_brings_it_back_where_it_was_with_its_star(self, db: Database, library: MediaLibrary) -> None:
        fox, owl = await fill(db, "fox", "owl")
        await library.favour(owner_id=OWNER, media_ids=[fox])
        await library.trash(owner_id=OWNER, media_ids=[fox, owl])
        assert await library.restore(owner_id=OWNER, media_ids=[fox, owl]) == 2
        assert await prompts(library) == ["owl", "fox"]
        assert (await library.get(owner_id=OWNER, media_id=fox)).is_favourite
        with pytest.raises(NotFound, match="trash"):
            await library.restore(owner_id=OWNER, media_ids=[fox])


class TestFavour:
    async def test_may_be_repeated_and_undone(self, db: Database, library: MediaLibrary) -> None:
        (fox,) = await fill(db, "fox")
        for _ in range(2):
            assert await library.favour(owner_id=OWNER, media_ids=[fox]) == 1
        assert await prompts(library, Filters(is_favourite=True)) == ["fox"]
        for _ in range(2):
            assert await library.favour(owner_id=OWNER, media_ids=[fox], is_favourite=False) == 1
        assert await prompts(library, Filters(is_favourite=True)) == []
