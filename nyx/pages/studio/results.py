"""What a person does with a finished output: look, keep, share, use again, vary, delete and bring back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from nicegui import context

from nyx.errors import NotFound
from nyx.pages._feedback import feedback
from nyx.pages._share import ShareDialog
from nyx.pages.studio.composition import Composition
from nyx.pages.studio.feed import Feed, Services
from nyx.pages.studio.lightbox import Lightbox
from nyx.services.generation.views import Draft, GenerationView, OutputView
from nyx.services.media.service import media_id_of
from nyx.services.prompts.wildcards import literal
from nyx.theme import toast


class Desk(Protocol):
    """The controls, as far as results go back into them."""

    @property
    def composition(self) -> Composition: ...

    def load(self, composition: Composition) -> None:
        """Put other settings into the controls."""


class Results:
    """``act`` is told what was pressed on which output of the generation on the stage.

    ``submit`` gets what to make and the credits that the person was told.
    """

    def __init__(
        self,
        services: Services,
        *,
        owner_id: str,
        public_url: str,
        feed: Feed,
        desk: Desk,
        submit: Callable[[Draft, int], Awaitable[None]],
        retry: Callable[[int], Awaitable[None]],
    ) -> None:
        self._services = services
        self._owner_id = owner_id
        self._public_url = public_url
        self._feed = feed
        self._desk = desk
        self._submit = submit
        self._retry = retry
        self._place = context.slot.parent
        self._lightbox = Lightbox(on_reuse=self._reuse)
        self._share: ShareDialog | None = None

    async def act(self, name: str, index: int) -> None:
        """Carry out one press; what can't be done is said in words."""
        run = self._feed.chosen
        if run is None or not 0 <= index < len(run.outputs):
            return
        output = run.outputs[index]
        with feedback():
            match name:
                case "large":
                    self._lightbox.open(run, index)
                case "retry":
                    await self._retry(index)
                case "reuse":
                    self._reuse(run, output)
                case "reuse-prompt":
                    self._desk.load(replace(self._desk.composition, prompt=literal(run.prompt), styles=()))
                    toast("The prompt is back in its box, its styles as words; all other settings stay.")
                case "reuse-seed":
                    self._reuse_seed(output)
                case "vary":
                    await self._submit(replace(run.draft, seed=None, seeds=()), run.again_unit_credits * run.draft.outputs)
                case _:
                    await self._keep(name, run, output)

    async def _keep(self, name: str, run: GenerationView, output: OutputView) -> None:
        library, media_id = self._services.library, media_id_of(generation_id=run.id, output_index=output.index)
        match name:
            case "favourite":
                await library.favour(owner_id=self._owner_id, media_ids=[media_id], is_favourite=not output.is_favourite)
            case "delete":
                await library.trash(owner_id=self._owner_id, media_ids=[media_id])
            case "restore":
                await library.restore(owner_id=self._owner_id, media_ids=[media_id])
            case "share":
                await self._open_share(media_id)
                return
        await self._feed.reread(run.id)

    async def _open_share(self, media_id: str) -> None:
        if self._share is None:
            with self._place:
                self._share = ShareDialog(
                    sharing=self._services.sharing, library=self._services.library, public_url=self._public_url, owner_id=self._owner_id
                )
        await self._share.open(media_id)

    def _reuse(self, run: GenerationView, output: OutputView) -> None:
        """The settings as they were asked for, with the seed of the very output."""
        draft = run.draft if output.seed is None else replace(run.draft, seed=output.seed)
        self._desk.load(Composition.from_draft(draft))
        toast("The settings are back in the controls.")

    def _reuse_seed(self, output: OutputView) -> None:
        if output.seed is None:
            raise NotFound("This one has no seed to use again.")
        self._desk.load(replace(self._desk.composition, seed=str(output.seed), is_seed_locked=True))
        toast("The seed is kept for what you make next.")
