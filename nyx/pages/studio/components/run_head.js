// The line above the tiles: how far a generation is, and the share of its pictures that are ready.
export default {
  template: `
    <div class="run-head">
      <div class="stage-head">
        <div class="row"><span class="dot" :class="[view.tone, { pulse: view.open }]"></span><b>{{ view.title }}</b><span class="muted">{{ detail }}</span></div>
        <button type="button" class="btn mini" v-if="view.cancel" @click="$emit('cancel')"><span>Cancel</span></button>
      </div>
      <div class="bar" role="progressbar" aria-label="Pictures ready" aria-valuemin="0" :aria-valuenow="view.ready" :aria-valuemax="view.count"><i :style="{ transform: 'scaleX(' + view.ready / view.count + ')' }"></i></div>
      <p class="run-prompt muted">{{ view.prompt }}</p>
    </div>`,
  props: { view: Object, detail: String },
  emits: ["cancel"],
};
