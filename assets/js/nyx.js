// Behaviour that every page shares: the theme switch, menus that close when one looks away, and downloads that have to be prepared first.
(() => {
  const root = document.documentElement;
  const YEAR_S = 31536000;

  function setTheme(theme) {
    root.dataset.theme = theme;
    document.cookie = `theme=${theme};path=/;max-age=${YEAR_S};samesite=lax`;
    fetch("/auth/theme", { method: "POST", body: new URLSearchParams({ theme }), redirect: "manual" }).catch(() => {}); // the cookie holds anyway
    const colour = getComputedStyle(root).getPropertyValue("--nyx-bg").trim();
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", colour);
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  }

  // A link with data-prepare: its file may take a while to be made, which the server says with 202, a sentence and when to ask again.
  async function prepare(link) {
    const say = (words) => (link.parentElement?.querySelector("[data-prepare-said]") ?? {}).textContent = words;
    if (link.getAttribute("aria-busy") === "true") return;
    link.setAttribute("aria-busy", "true");
    link.classList.add("is-busy");
    try {
      let answer = await fetch(link.href, { headers: { range: "bytes=0-0" } });
      while (answer.status === 202 && link.isConnected) {
        say(await answer.text());
        await new Promise((resolve) => setTimeout(resolve, 1000 * (Number(answer.headers.get("retry-after")) || 3)));
        answer = await fetch(link.href, { headers: { range: "bytes=0-0" } });
      }
      if (!link.isConnected) return;
      say(answer.ok ? "" : await answer.text());
      if (answer.ok) Object.assign(document.createElement("a"), { href: link.href, download: "" }).click();
    } catch {
      say("That did not work. Is there a connection?");
    } finally {
      link.removeAttribute("aria-busy");
      link.classList.remove("is-busy");
    }
  }

  addEventListener("click", (event) => {
    const link = event.target.closest("a[data-prepare]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      prepare(link);
    }
    if (event.target.closest("[data-theme-toggle]")) setTheme(root.dataset.theme === "light" ? "dark" : "light");
    if (event.target.closest("[data-print]")) print();
    const menu = event.target.closest("details.menu");
    closeMenus(event.target.closest(".menu-item:not([data-theme-toggle])") ? null : menu);
  });

  // Ink on paper, whatever the theme: browsers leave backgrounds out, and light words would be lost.
  let shown = root.dataset.theme;
  addEventListener("beforeprint", () => {
    shown = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => (root.dataset.theme = shown));

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
