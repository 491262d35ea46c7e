// Keeps an unsaved prompt in this browser until the server has it, and gives it back after a lost connection or a new login.
// Ctrl or Cmd with Enter anywhere on the page presses Generate. A file that is let go over a tool which takes none would carry the browser
// away: it is told where pictures go.
export default {
  template: `
    <div class="stray" role="status"><p v-if="isStray">This tool starts from words. To start from a picture, use <a :href="other.href">{{ other.text }}</a>.</p></div>`,
  props: { slotName: String, stored: String, prefilled: Boolean, other: Object },
  data() {
    return { isStray: false };
  },
  mounted() {
    this.box = document.querySelector("textarea[name=prompt]");
    this.box?.addEventListener("input", this.keep);
    document.addEventListener("keydown", this.press);
    // The second click of a double click is not another order.
    document.addEventListener("click", this.once, true);
    if (this.other) document.addEventListener("dragover", this.hover);
    if (this.other) document.addEventListener("drop", this.letGo);
    if (!this.prefilled) this.restore(); // a link only shows its prompt: what was being written stays kept until one types
  },
  beforeUnmount() {
    this.box?.removeEventListener("input", this.keep);
    document.removeEventListener("keydown", this.press);
    document.removeEventListener("click", this.once, true);
    document.removeEventListener("dragover", this.hover);
    document.removeEventListener("drop", this.letGo);
    clearTimeout(this.pause);
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
    hover(event) {
      if (event.dataTransfer.types.includes("Files")) event.preventDefault();
    },
    letGo(event) {
      if (event.defaultPrevented || !event.dataTransfer.files.length) return;
      event.preventDefault();
      this.isStray = true;
      clearTimeout(this.pause);
      this.pause = setTimeout(() => (this.isStray = false), 10000);
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
