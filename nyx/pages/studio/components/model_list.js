// Every model of this tool: favourites and the ones used last on top, then by family, or one list by price or name. Search, order and
// filter run in the browser. Arrows, Home and End walk the list, F marks, letters go to the search.
export default {
  template: `
    <div class="model-choice" @keydown="press">
      <div class="model-search">
        <label class="sr-only" :for="$attrs.id + '-in'">Search models</label>
        <input class="input" type="search" ref="search" :autofocus="hasKeyboard" :id="$attrs.id + '-in'" v-model="words" placeholder="Search by name, maker or strength" autocomplete="off" @keydown.enter.prevent="first">
        <div class="chips" role="group" aria-label="Order and filter">
          <button v-for="(label, key) in orders" :key="key" type="button" class="chip" :aria-pressed="order === key ? 'true' : 'false'" @click="order = key">{{ label }}</button>
          <button type="button" class="chip" :aria-pressed="affordable ? 'true' : 'false'" @click="affordable = !affordable">Affordable now</button>
        </div>
      </div>
      <p class="sr-only" role="status">{{ words || affordable ? count + ' found' : '' }}</p>
      <div class="model-list">
        <template v-for="group in shown" :key="group.family">
          <h3 v-if="group.family">{{ group.family }}</h3>
          <div v-for="model in group.models" :key="model.key" class="model-row">
            <button type="button" class="model" :data-key="model.key" :disabled="!!model.reason" :aria-pressed="model.key === chosen ? 'true' : 'false'" @click="choose(model.key)">
              <span class="ico" v-html="model.mark"></span>
              <span class="words">
                <span class="name">{{ model.name }}<span v-if="model.badge" class="badge">{{ model.badge }}</span><span v-if="model.sound" class="badge quiet">Sound</span></span>
                <span class="about">{{ model.reason || model.about }}</span>
                <span v-if="model.facts.length && !model.reason" class="model-facts">{{ model.facts.join(' · ') }}</span>
              </span>
              <span v-if="!model.reason" class="price mono" :class="{ short: !affords(model) }">{{ credits(model) }}</span>
            </button>
            <button v-if="model.successor" type="button" class="btn mini" @click="choose(model.successor.key)"><span>Use {{ model.successor.name }}</span></button>
            <button v-if="!model.reason || isMarked(model)" type="button" class="iconbtn star" aria-label="Favourite" :aria-description="model.name" title="Favourite (F)" :aria-pressed="isMarked(model) ? 'true' : 'false'" @click="mark(model)"><svg class="i" aria-hidden="true"><use :href="sprite + '#star'"></use></svg></button>
          </div>
        </template>
        <p v-if="!count" class="muted">{{ words ? 'No model matches “' + words + '”.' : 'No model is within your credits at these settings.' }}</p>
      </div>
    </div>`,
  props: { groups: Array, chosen: String, prices: Object, available: Number, outputs: Number, used: Array, favourites: Array, noun: String, sprite: String },
  emits: ["choose", "mark"],
  data() {
    // On a phone the keyboard would cover the list.
    const orders = { recommended: "Recommended", price: "Price", name: "Name" };
    return { words: "", order: "recommended", affordable: false, orders, hasKeyboard: matchMedia("(hover: hover)").matches };
  },
  mounted() {
    this.$el.querySelector('[aria-pressed="true"].model')?.scrollIntoView({ block: "center" });
    if (this.hasKeyboard) this.$refs.search.focus({ preventScroll: true });
  },
  watch: {
    // What was used last stands on top: that is where one looks first.
    used() {
      this.$nextTick(() => this.used.length && this.$el.closest(".dialog-body")?.scrollTo(0, 0));
    },
  },
  computed: {
    models() {
      return this.groups.flatMap((group) => group.models.map((model) => ({ ...model, family: group.family, mark: group.mark })));
    },
    found() {
      const wanted = this.words.toLowerCase().split(/\s+/).filter(Boolean);
      return this.models.filter((model) => {
        const text = [model.family, model.name, model.about, model.badge, model.sound ? "sound" : "", ...model.facts].join(" ").toLowerCase();
        return wanted.every((word) => text.includes(word)) && (!this.affordable || this.affords(model));
      });
    },
    shown() {
      if (this.order !== "recommended") return [{ family: "", models: this.ordered }].filter((group) => group.models.length);
      const left = new Map(this.found.map((model) => [model.key, model]));
      const take = (keys) => keys.map((key) => left.get(key)).filter((model) => model && left.delete(model.key));
      const groups = [{ family: "Favourites", models: take(this.favourites) }, { family: "What you used last", models: take(this.used) }];
      for (const group of this.groups) groups.push({ family: group.family, models: take(group.models.map((model) => model.key)) });
      return groups.filter((group) => group.models.length);
    },
    ordered() {
      const off = (model) => (model.reason ? 1 : 0);
      const byName = (a, b) => a.name.localeCompare(b.name, "en", { numeric: true });
      const byPrice = (a, b) => (this.prices[a.key] ?? 0) - (this.prices[b.key] ?? 0) || byName(a, b);
      return [...this.found].sort((a, b) => off(a) - off(b) || (this.order === "price" ? byPrice(a, b) : byName(a, b)));
    },
    count() {
      return this.shown.reduce((sum, group) => sum + group.models.length, 0);
    },
  },
  methods: {
    affords(model) {
      return !model.reason && this.prices[model.key] * this.outputs <= this.available;
    },
    credits(model) {
      const price = this.prices[model.key];
      return price === undefined ? "" : `${price.toLocaleString("en")} credit${price === 1 ? "" : "s"}`;
    },
    isMarked(model) {
      return this.favourites.includes(model.key);
    },
    first() {
      const model = this.shown.flatMap((group) => group.models).find((candidate) => !candidate.reason);
      if (model && this.words) this.choose(model.key);
    },
    choose(key) {
      this.words = "";
      this.$emit("choose", key);
    },
    mark(model) {
      this.$emit("mark", model.key, !this.isMarked(model));
      // The row moves to another group: the focus goes with it.
      const focused = document.activeElement?.className;
      const stop = this.$watch("favourites", () => {
        stop();
        this.$nextTick(() => {
          if (document.activeElement !== document.body) return;
          const row = this.$el.querySelector(`.model[data-key="${CSS.escape(model.key)}"]`)?.parentElement;
          row?.querySelector(focused?.includes("star") ? ".star" : ".model")?.focus();
        });
      });
    },
    press(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const isSearching = event.target === this.$refs.search;
      const buttons = [...this.$el.querySelectorAll(".model:not([disabled])")];
      const row = event.target.closest(".model-row");
      const at = row ? buttons.indexOf(row.querySelector(".model")) : -1;
      const steps = { ArrowDown: at + 1, ArrowUp: at - 1, ...(isSearching ? {} : { Home: 0, End: buttons.length - 1 }) };
      const to = steps[event.key];
      if (to !== undefined && (row || isSearching)) {
        event.preventDefault();
        if (to < 0) return this.$refs.search.focus();
        return buttons[Math.min(to, buttons.length - 1)]?.focus();
      }
      if (!row) return;
      const model = this.models.find((one) => one.key === row.querySelector(".model").dataset.key);
      if (event.key.toLowerCase() === "f" && !event.repeat) {
        event.preventDefault();
        this.mark(model);
      } else if (event.key.length === 1 && event.key !== " ") {
        this.$refs.search.focus(); // the letter lands there
      }
    },
  },
};
