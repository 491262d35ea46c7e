"""What a person would trip over on a page: found by our own checks and by axe."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_AUDIT = """
() => {
  const findings = [];
  const root = document.documentElement;
  const visible = node => node.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  const excess = root.scrollWidth - root.clientWidth;
  if (excess > 1) findings.push(`scrolls sideways by ${excess} px`);

  for (const picture of document.images)
    if (visible(picture) && !picture.hasAttribute("alt")) findings.push(`picture without alt: ${picture.currentSrc.slice(0, 80)}`);

  const textOf = id => document.getElementById(id)?.innerText || "";
  const labelled = node => (node.getAttribute("aria-labelledby") || "").split(" ").map(textOf).join(" ");
  const nameOf = node => [node.getAttribute("aria-label"), labelled(node), node.title, node.innerText, node.value, node.placeholder,
    ...[...(node.labels || [])].map(label => label.innerText)].filter(Boolean).join(" ").trim();
  // A ligature icon's text is the icon's name, which says nothing to a person.
  const onlyLigature = node => !node.getAttribute("aria-label") && node.querySelector("i, .q-icon")
    && /^[a-z_]+$/.test((node.innerText || "").trim());
  for (const control of document.querySelectorAll("button, a[href], [role=button], select, textarea, input:not([type=hidden])"))
    if (visible(control) && (!nameOf(control) || onlyLigature(control)))
      findings.push(`control without a name: ${control.outerHTML.slice(0, 110)}`);

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() && visible(holder) && parseFloat(getComputedStyle(holder).fontSize) < 10.5)
      findings.push(`text under 10.5 px: ${texts.currentNode.data.trim().slice(0, 40)}`);
  }

  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) findings.push(`${headings} h1 headings`);
  if (!document.querySelector("meta[name=description]")?.content) findings.push("no meta description");
  return findings;
}
"""

_RUN_AXE = """
async () => {
  const outcome = await axe.run(document, {resultTypes: ["violations"]});
  return outcome.violations.map(rule => ({
    id: rule.id, impact: rule.impact, help: rule.help,
    where: rule.nodes.slice(0, 3).map(node => `${node.target.join(" ")}: ${node.failureSummary}`),
  }));
}
"""


def trip_hazards(page: Page) -> list[str]:
    """Sideways scrolling, nameless pictures and controls, tiny text, missing heading or description."""
    return [str(finding) for finding in page.evaluate(_AUDIT)]


def serious_axe_faults(page: Page) -> list[str]:
    """The faults that axe calls serious or critical, each with the first places where it occurs."""
    # evaluate() runs outside the page's content security policy; a script tag would not.
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    violations: list[dict[str, Any]] = page.evaluate(_RUN_AXE)
    grave = [rule for rule in violations if rule["impact"] in ("serious", "critical")]
    return ["\n  ".join([f"{rule['id']}: {rule['help']}", *rule["where"]]) for rule in grave]


def everything_wrong(page: Page, *, widths: Sequence[int] = (390, 820, 1440)) -> list[str]:
    """Hazards and grave faults at every width, dark and light, each with where it was found."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("dark", "light"):
            set_theme(page, theme)
            page.wait_for_function("document.getAnimations().every(move => move.effect.getComputedTiming().endTime === Infinity)")
            found += [f"{width} px, {theme}: {one}" for one in (*trip_hazards(page), *serious_axe_faults(page))]
    return found


_SET_THEME = """
theme => {
  document.documentElement.setAttribute("data-theme", theme);
  for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
}
"""


def set_theme(page: Page, theme: str) -> None:
    """Show the page dark or light, with no colour still on its way to the other."""
    page.evaluate(_SET_THEME, theme)
