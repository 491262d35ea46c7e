// The line above the tiles: how far a generation is, and the bar of its progress.
export default {
  template: `
    <div class="run-head">
      <div class="stage-head">
        <div class="row"><span class="dot" :class="[view.tone, { pulse: view.open }]"></span><b>{{ view.title }}</b><span class="muted">{{ detail }}</span></div>
        <button type="button" class="btn mini" v-if="view.cancel" @click="$emit('cancel')"><span>Cancel</span></button>
      </div>
      <div class="bar" :class="{ unknown: percent === null }" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="percent"><i :style="percent === null ? null : { transform: 'scaleX(' + view.fraction + ')' }"></i></div>
      <p class="run-prompt muted">{{ view.prompt }}</p>
    </div>`,
  props: { view: Object, detail: String },
  emits: ["cancel"],
  computed: {
    percent() {
      return typeof this.view.fraction === "number" ? Math.floor(100 * this.view.fraction) : null;
    },
  },
};
