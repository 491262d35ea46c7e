// Behaviour of the page frame that needs no server: the theme switch, and menus that close when one looks away.
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

  addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) setTheme(root.dataset.theme === "light" ? "dark" : "light");
    const menu = event.target.closest("details.menu");
    closeMenus(event.target.closest(".menu-item:not([data-theme-toggle])") ? null : menu);
  });

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
