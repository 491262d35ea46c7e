// Keeps an unsaved prompt in this browser until the server has it, and gives it back after a lost connection or a new login.
// Ctrl or Cmd with Enter anywhere on the page presses Generate.
export default {
  template: `<span hidden></span>`,
  props: { slotName: String, stored: String, prefilled: Boolean },
  mounted() {
    this.box = document.querySelector("textarea[name=prompt]");
    this.box?.addEventListener("input", this.keep);
    document.addEventListener("keydown", this.press);
    // The second click of a double click is not another order.
    document.addEventListener("click", this.once, true);
    if (!this.prefilled) this.restore(); // a link only shows its prompt: what was being written stays kept until one types
  },
  beforeUnmount() {
    this.box?.removeEventListener("input", this.keep);
    document.removeEventListener("keydown", this.press);
    document.removeEventListener("click", this.once, true);
  },
  watch: {
    stored() {
      if (this.read() === this.stored) this.forget();
    },
  },
  methods: {
    read() {
      try {
        return localStorage.getItem(this.slotName);
      } catch {
        return null; // storage is switched off: the server's copy has to do
      }
    },
    keep() {
      if (location.search) history.replaceState(history.state, "", location.pathname);
      try {
        localStorage.setItem(this.slotName, this.box.value);
      } catch {
        // full or switched off: the server's copy has to do
      }
    },
    forget() {
      try {
        localStorage.removeItem(this.slotName);
      } catch {
        // nothing was kept
      }
    },
    restore() {
      const kept = this.read();
      if (!kept || !this.box || kept === this.box.value) return;
      this.box.value = kept;
      this.box.dispatchEvent(new Event("input", { bubbles: true }));
    },
    once(event) {
      if (event.detail > 1 && event.target.closest("[data-generate]")) event.stopImmediatePropagation();
    },
    press(event) {
      const wanted = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat && !event.isComposing;
      if (!wanted || event.defaultPrevented || document.querySelector("dialog:modal")) return;
      event.preventDefault();
      const button = document.querySelector("[data-generate]");
      button?.disabled ? button.dispatchEvent(new CustomEvent("blocked")) : button?.click(); // why it can't be pressed is said, too
    },
  },
};
