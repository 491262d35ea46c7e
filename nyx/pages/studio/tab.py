"""One open studio tab: puts the panels together and carries out what the person presses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nicegui import context, ui

from nyx.errors import NyxError
from nyx.pages._feedback import feedback
from nyx.pages._pace import Paced
from nyx.pages.studio.cancelling import CancelDialog, cancel_each
from nyx.pages.studio.checkout import MoreCredits
from nyx.pages.studio.composer import Composer
from nyx.pages.studio.composition import MOST_STYLES, Composition
from nyx.pages.studio.desk import PromptDesk
from nyx.pages.studio.feed import Feed, Services
from nyx.pages.studio.fields import LONGEST_PROMPT
from nyx.pages.studio.guide import guide
from nyx.pages.studio.history import History
from nyx.pages.studio.keeper import DraftKeeper
from nyx.pages.studio.linking import read_settings
from nyx.pages.studio.material import Shelves
from nyx.pages.studio.model_picker import Memory
from nyx.pages.studio.notifier import Notifier
from nyx.pages.studio.results import Results
from nyx.pages.studio.same import SameDialog
from nyx.pages.studio.stage import Stage
from nyx.pages.studio.tools import PLACES, Tool
from nyx.services.catalog import ModelSpec
from nyx.services.generation.creation import PriceChanged
from nyx.services.generation.views import Draft, GenerationView, InputPicture, InputRole
from nyx.theme import CreditsPill, Section, busy, toast

_SAVE_S = 0.8
_LONGEST_SAVED = 4 * LONGEST_PROMPT  # beyond any use; the browser's own copy still holds it

# On a phone the stage is below the controls. A button that was disabled for a moment has lost the focus.
_SHOW_STAGE = """
if (innerWidth <= 760) document.querySelector(".stage").scrollIntoView({ behavior: "smooth" });
setTimeout(() => {
  if (document.activeElement === document.body) document.querySelector("[data-generate]")?.focus({ preventScroll: true });
}, 500);
"""


class StudioTab:
    """Load it, then build it inside the page's frame."""

    def __init__(self, services: Services, tool: Tool, *, owner_id: str, public_url: str, more: MoreCredits) -> None:
        self._services = services
        self._tool = tool
        self._owner_id = owner_id
        self._public_url = public_url
        self._more = more
        self._specs: tuple[ModelSpec, ...] = ()
        self._composition = Composition()
        self._is_prefilled = False
        self._keyed: tuple[object, str] | None = None
        self._is_submitting = False
        self._shelves = Shelves(uploads=services.uploads, library=services.library, owner_id=owner_id)
        self._desk = PromptDesk(services.prompts, capability=tool.capability, owner_id=owner_id)
        self._notifier: Notifier | None = None
        self._keeper: DraftKeeper | None = None
        self._history: History | None = None
        self.feed = Feed(services, owner_id=owner_id)

    async def load(self, query: Mapping[str, str]) -> None:
        """Read what the page shows first; the address may bring a prompt, a model, a picture of theirs, keys of styles and settings."""
        prompt, model_key, picture, styles = (query.get(name, "") for name in ("prompt", "model", "picture", "styles"))
        self._specs = await self._services.catalog.list_models(self._tool.capability)
        self._composition = Composition.from_payload({"ratio": self._tool.ratio} | await self.feed.open(self._tool.capability))
        self._is_prefilled = bool(prompt or model_key)
        if picture and self._tool.takes_pictures and await self._is_theirs(picture):
            role = InputRole.FIRST if self._tool.noun == "clip" else InputRole.IMAGE
            self._composition = replace(self._composition, inputs=(InputPicture(media_id=picture, role=role),))
        if prompt:
            self._composition = replace(self._composition, prompt=prompt[:LONGEST_PROMPT], styles=())  # chosen for another
        if styles:
            self._composition = replace(self._composition, styles=tuple(dict.fromkeys(styles.split(",")))[:MOST_STYLES])
        self._composition = replace(self._composition, styles=await self._desk.known(self._composition.styles))
        if model_key:
            self._composition = replace(self._composition, model_key=model_key)
        self._composition = replace(self._composition, **read_settings(query))

    async def _is_theirs(self, media_id: str) -> bool:
        """False for what is somebody else's, gone, or no picture: the page opens without it."""
        try:
            await self._shelves.check(media_id)
        except NyxError:
            return False
        return True

    def build(self, pill: CreditsPill) -> None:
        """Draw the page and begin to follow the database."""
        self._pill = pill
        client = context.client
        self._saver = Paced(client, self._save, interval_s=_SAVE_S, name="studio draft")
        with Section("Studio tools", PLACES, path=self._tool.path) as self._shell:
            self._composer = self._build_composer()
            self._stage = Stage(
                self._tool, clock=self._services.clock, on_example=self._use_example, on_cancel=self._ask_cancel, on_act=self._act
            )
        self._results = Results(
            self._services,
            owner_id=self._owner_id,
            public_url=self._public_url,
            feed=self.feed,
            desk=self._composer,
            submit=self._make_another,
            retry=self._retry,
        )
        self._cancelling = CancelDialog(on_cancel=self._cancel, on_cancel_all=self._cancel_all)
        self._same = SameDialog(on_open=self.feed.put_all, on_make=self._make)
        self._render("")
        self._place = context.slot.parent
        client.on_connect(self._build_rest)
        self.feed.follow(client, on_change=self._render, on_finish=self._tell)

    def _build_rest(self) -> None:
        """What nobody needs at first; again after every lost connection, when it is there already."""
        if self._notifier is None:
            with self._place:
                self._notifier = Notifier(on_choose=self.feed.choose).mark("notifier")
                keeper = DraftKeeper(self._tool, owner_id=self._owner_id, is_prefilled=self._is_prefilled)
                self._keeper = keeper.mark("keeper")
                ui.html(guide(self._tool, self._specs), sanitize=False).classes("guide").mark("guide")

    def _tell(self, runs: Sequence[GenerationView]) -> None:
        if self._notifier is not None:
            self._notifier.tell(runs)

    def _build_composer(self) -> Composer:
        return Composer(
            self._tool,
            self._specs,
            composition=self._composition,
            available=self.feed.available,
            more=self._more,
            random=self._services.random,
            shelves=self._shelves,
            desk=self._desk,
            memory=Memory(self._services.catalog, self._services.generations, self._owner_id, self._tool.capability),
            on_change=self._saver.request,
            on_generate=self._generate,
        )

    def _render(self, said: str) -> None:
        chosen = self.feed.chosen
        if chosen is None and not self.feed.is_read:
            self._stage.wait()
        else:
            self._stage.show(chosen)
        self._stage.announce(said)
        if self.feed.runs or not self.feed.is_read or self._history is not None:
            self._show_history(chosen.id if chosen else None)
        self._composer.set_available(self.feed.available)
        self._pill.set(self.feed.available)

    def _show_history(self, chosen_id: str | None) -> None:
        """Built when there is something to show, or to wait for."""
        if self._history is None:
            with self._shell:
                self._history = History(clock=self._services.clock, on_choose=self.feed.choose).mark("history")
        self._history.show(self.feed.runs, chosen_id=chosen_id, is_read=self.feed.is_read)

    async def _generate(self) -> None:
        try:
            drafts = self._composer.drafts()
        except NyxError as problem:
            self._composer.show_problem(problem)
            return
        await self._submit(drafts, told_credits=self._composer.price_credits(len(drafts)))

    async def _make_another(self, draft: Draft, told_credits: int) -> None:
        await self._submit((draft,), is_wanted=True, told_credits=told_credits)

    async def _make(self, drafts: tuple[Draft, ...], told_credits: int) -> None:
        await self._submit(drafts, is_wanted=True, told_credits=told_credits)

    async def _submit(self, drafts: tuple[Draft, ...], *, told_credits: int, is_wanted: bool = False) -> None:
        """One press is done once, whatever the connection does: the key stays until the drafts were taken.

        What the person has already is not made again unless ``is_wanted``. ``told_credits`` is the price that the person saw.
        """
        if self._is_submitting:
            return
        self._is_submitting = True
        try:
            with feedback(), busy(self._composer.controls):
                if is_wanted or not await self._ask_about_same(drafts):
                    await self._submit_once(drafts, told_credits)
        finally:
            self._is_submitting = False

    async def _ask_about_same(self, drafts: tuple[Draft, ...]) -> bool:
        """True when nothing is sent yet: some of it was made before, and the person is asked; or something is wrong, and that is said."""
        generations = self._services.generations
        try:
            repeat = await generations.find_made(owner_id=self._owner_id, drafts=drafts)
        except NyxError as problem:
            self._composer.show_problem(problem)
            return True
        if repeat.there:
            made = [await generations.get(owner_id=self._owner_id, generation_id=one) for one in repeat.generation_ids]
            self._same.open(repeat, made, drafts)
        return repeat.there > 0

    async def _submit_once(self, drafts: tuple[Draft, ...], told_credits: int) -> None:
        asked: dict[str, Any] = {"owner_id": self._owner_id, "draft_key": self._key_of(drafts), "told_credits": told_credits}
        generations = self._services.generations
        try:
            if len(drafts) == 1:
                run = await generations.submit(draft=drafts[0], **asked)
            else:
                run = (await generations.submit_all(drafts=drafts, **asked))[-1]
        except NyxError as problem:
            if isinstance(problem, PriceChanged):
                await self._learn_prices()
            self._composer.show_problem(problem)
            return
        self._keyed = None
        self._composer.after_submit()
        self.feed.put(run)
        ui.run_javascript(_SHOW_STAGE)

    async def _learn_prices(self) -> None:
        """Show what things cost now, in the controls and on the stage."""
        self._composer.set_models(await self._services.catalog.list_models(self._tool.capability))
        if self.feed.chosen is not None:
            await self.feed.reread(self.feed.chosen.id)

    async def _retry(self, index: int) -> None:
        failed = self.feed.chosen
        if failed is None or self._is_submitting:
            return
        self._is_submitting = True
        try:
            with feedback():
                await self._retry_once(failed, index)
        finally:
            self._is_submitting = False

    async def _retry_once(self, failed: GenerationView, index: int) -> None:
        asked: dict[str, Any] = {"owner_id": self._owner_id, "generation_id": failed.id, "draft_key": self._key_of((failed.id, index))}
        try:
            run = await self._services.generations.retry(index=index, told_credits=failed.again_unit_credits, **asked)
        except PriceChanged:
            await self._learn_prices()
            raise
        self._keyed = None
        self.feed.put(run)

    async def _act(self, name: str, index: int) -> None:
        await self._results.act(name, index)

    async def _cancel(self, generation_id: str, keep_late: bool) -> None:
        with feedback():
            self.feed.put(
                await self._services.generations.cancel(owner_id=self._owner_id, generation_id=generation_id, keep_late=keep_late)
            )

    async def _cancel_all(self, runs: tuple[GenerationView, ...]) -> None:
        generations = self._services.generations
        with feedback():
            outcome = await cancel_each(runs, lambda id: generations.cancel(owner_id=self._owner_id, generation_id=id, keep_late=True))
            self.feed.update(outcome.runs)
            toast(outcome.words(), kind="warning" if outcome.refusals else "info")

    async def _save(self) -> None:
        composition = self._composer.composition
        if len(composition.prompt) <= _LONGEST_SAVED:
            payload, screen = composition.to_payload(), self._tool.capability
            await self._services.generations.save_draft(owner_id=self._owner_id, screen=screen, payload=payload)
            if self._keeper is not None:
                self._keeper.set_stored(composition.prompt)

    def _key_of(self, subject: object) -> str:
        if self._keyed is None or self._keyed[0] != subject:
            self._keyed = (subject, self._services.random.id())
        return self._keyed[1]

    def _use_example(self, example: str) -> None:
        self._composer.load(replace(self._composer.composition, prompt=example))
        self._composer.controls.focus_prompt()

    def _ask_cancel(self) -> None:
        if self.feed.chosen is not None:
            self._cancelling.open(self.feed.chosen, self.feed.runs)
