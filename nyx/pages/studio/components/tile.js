// One output: a waiting place with its real stage, then the picture fading in over its blur, or a sentence when it went wrong.
export default {
  template: `
    <div class="tile" :class="view.tone" role="group" :aria-label="view.name">
      <template v-if="view.src">
        <img v-if="view.blur" class="glow" :src="view.blur" alt="">
        <button type="button" class="open" :aria-label="'Open large: ' + view.name" @click="$emit('large')">
          <img :src="view.src" :alt="view.alt" :class="{ waiting: !shown }" decoding="async" @load="shown = true" @error="shown = true">
        </button>
        <div class="tools">
          <a class="iconbtn" :href="view.download" download :aria-label="'Download ' + view.name" title="Download"><svg class="i" aria-hidden="true"><use :href="sprite + '#download'"></use></svg></a>
          <button type="button" class="iconbtn" :aria-label="'Reuse the settings of ' + view.name" title="Reuse settings" @click="$emit('reuse')"><svg class="i" aria-hidden="true"><use :href="sprite + '#rotate-ccw'"></use></svg></button>
          <button type="button" class="iconbtn" :aria-label="'Open ' + view.name + ' large'" title="Open large" @click="$emit('large')"><svg class="i" aria-hidden="true"><use :href="sprite + '#maximize-2'"></use></svg></button>
        </div>
      </template>
      <div v-else class="state">
        <span v-if="view.tone === 'busy'" class="ring" aria-hidden="true"></span>
        <svg v-else class="i" aria-hidden="true"><use :href="sprite + '#' + view.icon"></use></svg>
        <b>{{ view.stage }}</b>
        <ol v-if="view.step" class="steps" aria-hidden="true">
          <li v-for="step in view.steps" :key="step" :class="{ on: view.steps.indexOf(step) < view.step }">{{ step }}</li>
        </ol>
        <p v-if="view.text">{{ view.text }}</p>
        <button v-if="view.retry" type="button" class="btn mini" @click="$emit('retry')"><svg class="i" aria-hidden="true"><use :href="sprite + '#refresh-cw'"></use></svg><span>Retry</span></button>
      </div>
    </div>`,
  props: { view: Object, sprite: String },
  emits: ["large", "reuse", "retry"],
  data() {
    return { shown: false };
  },
};
