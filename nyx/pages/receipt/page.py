"""``/dashboard/generations/{id}``: the receipt of one generation, in plain HTML, to read, to print and to keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nyx.pages.receipt.words import amount_text, line_text, moment_text, output_text, sum_text
from nyx.services.generation.receipts import Receipt, ReceiptLine, ReceiptOutput, Receipts
from nyx.theme import Markup, Site, Viewer, el, icon_markup, meta, plain_page
from nyx.web.addresses import login_path

PATH = "/dashboard/generations"
_STYLE = "css/receipt.css"

FindViewer = Callable[[Request], Awaitable[Viewer | None]]


def register(web: FastAPI, *, site: Site, receipts: Receipts, find_viewer: FindViewer) -> None:
    """Add the receipt. Somebody else's is not found."""

    @web.get(f"{PATH}/{{generation_id}}", include_in_schema=False)
    async def receipt(generation_id: str, request: Request) -> Response:
        user = getattr(request.state, "user", None)
        if user is None:
            return RedirectResponse(login_path(request.url.path), 303)
        found = await receipts.get(owner_id=user.id, generation_id=generation_id)
        viewer = await find_viewer(request)
        return HTMLResponse(_page(found, site=site, viewer=viewer), headers={"Cache-Control": "no-store"})


def _page(receipt: Receipt, *, site: Site, viewer: Viewer | None) -> str:
    head = (meta("robots", "noindex,nofollow"), meta("description", "What a generation asked for, what came of it and what it cost."))
    top = el("div", el("h1", "Receipt"), el("p", moment_text(receipt.asked_at), class_="muted"))
    content = el(
        "div",
        el("div", top, _actions(receipt), class_="page-head"),
        el("p", receipt.prompt, class_="prompt-text"),
        el("ul", *map(_output, receipt.outputs), class_="receipt-outputs"),
        _table(receipt),
        _totals(receipt),
        el("p", f"Generation {receipt.generation_id}", class_="faint small mono"),
        class_="page receipt",
    )
    return plain_page("Receipt", content, site=site, path=f"{PATH}/{receipt.generation_id}", head=head, style=_STYLE, viewer=viewer)


def _actions(receipt: Receipt) -> Markup:
    again = [el("a", _icon("refresh-cw"), el("span", "Look again"), class_="btn", href=f"{PATH}/{receipt.generation_id}")]
    printing = el("button", el("span", "Print"), class_="btn", type="button", data_print=True)
    return el("div", *(again if receipt.finished_at is None else []), printing, class_="dialog-actions no-print")


def _output(output: ReceiptOutput) -> Markup:
    words = output_text(output)
    seed = [el("span", f"Seed {output.seed}", class_="faint small mono")] if output.seed is not None else []
    picture = (
        el("img", src=f"/media/{output.media_id}/thumb", alt=words, loading="lazy")
        if output.media_id
        else el("span", _icon("image"), class_="no-picture")
    )
    return el("li", picture, el("span", words), *seed)


def _table(receipt: Receipt) -> Markup:
    heads = el("tr", el("th", "When", scope="col"), el("th", "What", scope="col"), el("th", "Credits", scope="col", class_="figure"))
    rows = [_row(line, receipt) for line in receipt.lines]
    return el("table", el("caption", "Step by step", class_="sr-only"), el("thead", heads), el("tbody", *rows), class_="receipt-lines")


def _row(line: ReceiptLine, receipt: Receipt) -> Markup:
    time = el("time", moment_text(line.at), datetime=line.at.isoformat())
    return el("tr", el("td", time), el("td", line_text(line, receipt)), el("td", amount_text(line), class_="figure mono"))


def _totals(receipt: Receipt) -> Markup:
    figures = [("Set aside", receipt.quoted), ("Charged", receipt.charged), ("Given back", receipt.given_back)]
    if receipt.still_held:
        figures.append(("Still set aside", receipt.still_held))
    rows = [Markup(el("dt", name) + el("dd", f"{credits:,}")) for name, credits in figures]
    return el("div", el("dl", *rows, class_="meta"), el("p", sum_text(receipt), class_="sr-only"), class_="card pad receipt-totals")


def _icon(name: str) -> Markup:
    return Markup(icon_markup(name))
