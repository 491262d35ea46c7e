// One line at the bottom that says what was done and can take it back, for ten seconds or as long as it is looked at.
const SHOWN_MS = 10000;
export default {
  template: `
    <div class="g-undo" role="status" :class="{ shown: !!words }" @pointerenter="hold" @pointerleave="fade" @focusin="hold" @focusout="fade">
      <template v-if="words"><span>{{ words }}</span><button type="button" class="btn mini" @click="undo">Undo</button></template>
    </div>`,
  props: { line: Object },
  emits: ["undo"],
  data() {
    return { words: "" };
  },
  watch: {
    line() {
      this.words = this.line.words;
      this.fade();
    },
  },
  beforeUnmount() {
    clearTimeout(this.timer);
  },
  methods: {
    hold() {
      clearTimeout(this.timer);
    },
    fade() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.words = ""), SHOWN_MS);
    },
    undo() {
      this.words = "";
      this.hold();
      this.$emit("undo");
    },
  },
};
