// Prompts to begin with, and one's own earlier ones: beside the controls where there is room, from below on a phone.
const PAUSE_MS = 250;
const NARROW = "(max-width: 760px)";

export default {
  template: `
    <dialog class="dialog sheet library" :aria-label="title" @close="closed" @mousedown.self="close" @keydown.esc.prevent.stop="close">
      <div class="dialog-head">
        <div class="chips" role="tablist" aria-label="Which prompts" @keydown.left.prevent="turn" @keydown.right.prevent="turn">
          <button v-for="one in tabs" :key="one.key" ref="tabs" type="button" role="tab" class="chip" :id="$attrs.id + '-' + one.key" :class="{ on: one.key === tab }" :aria-selected="one.key === tab ? 'true' : 'false'" :tabindex="one.key === tab ? 0 : -1" @click="tab = one.key">{{ one.label }}</button>
        </div>
        <button type="button" class="iconbtn" aria-label="Close" @click="close"><svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg></button>
      </div>
      <div class="library-find">
        <label class="sr-only" :for="$attrs.id + '-in'">Search {{ title }}</label>
        <input ref="search" class="input" type="search" :id="$attrs.id + '-in'" v-model="words[tab]" placeholder="Search" autocomplete="off" @input="later">
        <div v-if="tab === 'library'" class="chips" role="group" aria-label="Category">
          <button v-for="name in categories" :key="name" type="button" class="chip" :aria-pressed="name === category ? 'true' : 'false'" @click="category = name === category ? '' : name">{{ name }}</button>
        </div>
      </div>
      <div ref="body" class="dialog-body" role="tabpanel" tabindex="0" :aria-labelledby="$attrs.id + '-' + tab">
        <p class="sr-only" role="status">{{ words[tab] ? shown.length + " found" : "" }}</p>
        <ul v-if="shown.length" class="library-list">
          <li v-for="item in shown" :key="item.index" class="card">
            <button type="button" class="library-use" @click="use(item.index)"><b v-if="item.title">{{ item.title }}</b><span>{{ item.prompt }}</span><small class="faint">{{ item.about || item.category }}</small></button>
            <button type="button" class="iconbtn" :aria-label="'Copy ' + (item.title || item.prompt.slice(0, 60))" title="Copy" @click="copy(item)"><svg class="i" aria-hidden="true"><use :href="sprite + (copied === item.index ? '#check' : '#copy')"></use></svg></button>
          </li>
        </ul>
        <p v-else class="muted">{{ empty }}</p>
        <button v-if="tab === 'history' && past.more" type="button" class="btn" @click="$emit('more')">Show more</button>
        <p class="sr-only" role="status">{{ copied === null ? "" : "Copied" }}</p>
      </div>
    </dialog>`,
  props: { prompts: Array, past: Object, sprite: String },
  emits: ["use", "search", "more"],
  data() {
    const tabs = [{ key: "library", label: "Prompt library" }, { key: "history", label: "Your prompts" }];
    return { tabs, tab: "library", words: { library: "", history: "" }, category: "", copied: null, timer: null, opener: null };
  },
  computed: {
    title() {
      return this.tabs.find((one) => one.key === this.tab).label;
    },
    categories() {
      return [...new Set(this.prompts.map((one) => one.category))];
    },
    shown() {
      if (this.tab === "history") return this.past.items.map((item, index) => ({ ...item, index }));
      const wanted = this.words.library.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (item) => {
        const text = `${item.title} ${item.category} ${item.prompt}`.toLowerCase();
        return (!this.category || item.category === this.category) && wanted.every((word) => text.includes(word));
      };
      return this.prompts.map((item, index) => ({ ...item, index })).filter(fits);
    },
    empty() {
      if (this.tab === "library") return "No prompt matches. Take a word or the category away.";
      return this.past.query ? "You asked for nothing with these words." : "What you ask for is listed here, to be used again.";
    },
  },
  beforeUnmount() {
    clearTimeout(this.timer);
  },
  methods: {
    open(tab) {
      this.tab = tab;
      this.words.history = "";
      if (!this.$el.open) {
        this.opener = document.activeElement;
        if (matchMedia(NARROW).matches) this.$el.showModal();
        else this.$el.show();
      }
      // On a phone the keyboard would cover the list.
      this.$nextTick(() => (matchMedia("(hover: hover)").matches ? this.$refs.search : this.$refs.tabs.find((one) => one.tabIndex === 0)).focus({ preventScroll: true }));
    },
    close() {
      this.$el.close();
    },
    closed() {
      this.opener?.focus({ preventScroll: true });
    },
    turn() {
      this.tab = this.tab === "library" ? "history" : "library";
      this.$nextTick(() => this.$refs.tabs.find((one) => one.tabIndex === 0).focus());
    },
    later() {
      if (this.tab !== "history") return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("search", this.words.history), PAUSE_MS);
    },
    use(index) {
      this.$emit("use", this.tab, index);
      if (this.$el.matches(":modal")) this.close();
    },
    async copy(item) {
      try {
        await navigator.clipboard.writeText(item.prompt);
      } catch {
        this.copyByHand(item.prompt); // without https there is no clipboard for scripts: the old way still works
      }
      this.copied = item.index;
      setTimeout(() => (this.copied = null), 2500);
    },
    copyByHand(text) {
      const box = document.createElement("textarea");
      box.value = text;
      this.$el.append(box); // outside of an open modal nothing can be selected
      box.select();
      document.execCommand("copy");
      box.remove();
    },
  },
};
