// Under the prompt: ways to a better one, the styles in use, a suggestion to accept or not, and what a press would run.
export default {
  template: `
    <div class="prompt-help">
      <div class="chips prompt-chips" role="group" aria-label="Help with the prompt">
        <button ref="enhance" type="button" class="chip" :aria-busy="view.busy ? 'true' : null" @click="$emit('act', 'enhance')"><svg class="i" :class="{ turning: view.busy }" aria-hidden="true"><use :href="sprite + (view.busy ? '#loader-circle' : '#sparkles')"></use></svg>Enhance</button>
        <button type="button" class="chip" aria-haspopup="dialog" @click="$emit('act', 'library')">Prompt library</button>
        <button type="button" class="chip" aria-haspopup="dialog" @click="$emit('act', 'styles')">Style</button>
        <button type="button" class="chip" aria-haspopup="dialog" @click="$emit('act', 'history')">History</button>
      </div>
      <p class="sr-only" role="status">{{ said }}</p>
      <p class="error" role="alert">{{ view.problem }}</p>
      <ul v-if="view.styles.length" class="chips chosen" aria-label="Styles in use">
        <li v-for="style in view.styles" :key="style.key"><button type="button" class="chip on" :title="style.adds" :aria-label="'Take away the style ' + style.name" @click="take(style.key)">{{ style.name }}<svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg></button></li>
      </ul>
      <section v-if="view.suggestion" ref="suggestion" class="suggestion" aria-label="Suggestion">
        <p class="suggestion-text">{{ view.suggestion }}</p>
        <p class="small faint">Written {{ view.by }}.</p>
        <div class="row tight"><button type="button" class="btn mini primary" @click="answer('use')">Use it</button><button type="button" class="btn mini" @click="answer('keep')">Keep mine</button></div>
      </section>
      <p v-if="view.undo" class="put small"><span class="muted">{{ view.undo }}</span><button ref="undo" type="button" class="btn mini ghost" @click="answer('undo')">Undo</button></p>
      <p v-if="view.trouble" class="trouble small">{{ view.trouble }}</p>
      <details v-if="view.line" class="ahead">
        <summary class="small"><span>{{ view.line }}</span><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-down'"></use></svg></summary>
        <ol class="small muted" tabindex="0" aria-label="Prompts that will be sent"><li v-for="(prompt, index) in view.prompts" :key="index">{{ prompt }}</li></ol>
      </details>
    </div>`,
  props: { view: Object, sprite: String },
  emits: ["act", "pick"],
  computed: {
    said() {
      if (this.view.busy) return "Looking for a better prompt.";
      return this.view.suggestion ? "A suggestion stands under the prompt." : this.view.undo || this.view.trouble || this.view.line;
    },
  },
  watch: {
    "view.suggestion"(now) {
      if (now) this.$nextTick(() => this.$refs.suggestion?.scrollIntoView({ block: "nearest" }));
    },
    // The button that was pressed is gone by then.
    "view.undo"(now) {
      if (now && this.isFocusLost()) this.$nextTick(() => this.$refs.undo?.focus({ preventScroll: true }));
    },
  },
  methods: {
    answer(name) {
      this.$emit("act", name);
      this.$refs.enhance.focus({ preventScroll: true });
    },
    take(key) {
      this.$emit("pick", "style", key);
      this.$refs.enhance.focus({ preventScroll: true });
    },
    isFocusLost() {
      return document.activeElement === this.$refs.enhance || document.activeElement === document.body;
    },
  },
};
