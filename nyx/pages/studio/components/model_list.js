// Every model of this tool, by family, with a search that runs in the browser; arrows walk the list.
export default {
  template: `
    <div class="model-choice">
      <div class="model-search">
        <label class="sr-only" :for="$attrs.id + '-in'">Search models</label>
        <input class="input" type="search" ref="search" :autofocus="hasKeyboard" :id="$attrs.id + '-in'" v-model="words" placeholder="Search by name, maker or strength" autocomplete="off" @keydown.enter.prevent="first" @keydown.down.prevent="walk(0)">
      </div>
      <p class="sr-only" role="status">{{ words ? count + ' found' : '' }}</p>
      <div class="model-list" @keydown.down.prevent="walk(1)" @keydown.up.prevent="walk(-1)">
        <template v-for="group in shown" :key="group.family">
          <h3>{{ group.family }}</h3>
          <button v-for="model in group.models" :key="model.key" type="button" class="model" :disabled="!!model.reason" :aria-pressed="model.key === chosen ? 'true' : 'false'" @click="choose(model)">
            <span class="ico" v-html="group.mark"></span>
            <span class="words"><span class="name">{{ model.name }}<span v-if="model.badge" class="badge">{{ model.badge }}</span></span><span class="about">{{ model.reason || model.about }}</span></span>
            <span v-if="!model.reason" class="price mono">{{ model.price }}</span>
          </button>
        </template>
        <p v-if="!count" class="muted">No model matches “{{ words }}”.</p>
      </div>
    </div>`,
  props: { groups: Array, chosen: String },
  emits: ["choose"],
  data() {
    // On a phone the keyboard would cover the list.
    return { words: "", hasKeyboard: matchMedia("(hover: hover)").matches };
  },
  mounted() {
    this.$el.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "center" });
    if (this.hasKeyboard) this.$refs.search.focus({ preventScroll: true });
  },
  computed: {
    shown() {
      const wanted = this.words.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (group, model) => {
        const text = `${group.family} ${model.name} ${model.about} ${model.badge}`.toLowerCase();
        return wanted.every((word) => text.includes(word));
      };
      return this.groups
        .map((group) => ({ ...group, models: group.models.filter((model) => fits(group, model)) }))
        .filter((group) => group.models.length);
    },
    count() {
      return this.shown.reduce((sum, group) => sum + group.models.length, 0);
    },
  },
  methods: {
    buttons() {
      return [...this.$el.querySelectorAll(".model:not([disabled])")];
    },
    first() {
      const model = this.shown.flatMap((group) => group.models).find((candidate) => !candidate.reason);
      if (model && this.words) this.choose(model);
    },
    choose(model) {
      this.words = "";
      this.$emit("choose", model.key);
    },
    walk(step) {
      const buttons = this.buttons();
      const at = buttons.indexOf(document.activeElement);
      buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)]?.focus();
    },
  },
};
