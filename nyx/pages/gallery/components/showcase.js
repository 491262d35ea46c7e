// One file large beside its story. Left and right arrows and swipes lead to the neighbours.
// A clip has no link to its original: files are sent sandboxed, and the page that a browser makes around a lone clip then can't load it.
export default {
  template: `
    <div class="showcase">
      <div class="view" @touchstart.passive="touch" @touchend.passive="release">
        <slot v-if="view.clip"></slot>
        <img v-else-if="view.id" :key="view.id" :src="view.preview" :srcset="sources" :alt="view.alt" :style="{ backgroundImage: view.blur && ready !== view.id ? 'url(' + view.blur + ')' : null }"
          sizes="(max-width: 900px) 100vw, calc(100vw - 390px)" :width="view.width" :height="view.height" @load="ready = view.id">
        <button v-if="view.newer" type="button" class="iconbtn step prev" aria-label="Newer" title="Newer" @click="$emit('step', -1)"><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-left'"></use></svg></button>
        <button v-if="view.older" type="button" class="iconbtn step next" aria-label="Older" title="Older" @click="$emit('step', 1)"><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-right'"></use></svg></button>
      </div>
      <div class="side">
        <p class="prompt-text">{{ view.prompt }}</p>
        <dl class="meta">
          <template v-for="[name, value] in view.facts" :key="name"><dt>{{ name }}</dt><dd>{{ value }}</dd></template>
          <dt>Made</dt><dd><time :datetime="view.made">{{ made }}</time></dd>
        </dl>
        <a class="btn primary" :href="view.download" download><svg class="i" aria-hidden="true"><use :href="sprite + '#download'"></use></svg><span>Download</span></a>
        <div v-if="view.clip" :key="view.id" class="other-format">
          <a class="btn full" :href="view.other" data-prepare><svg class="i" aria-hidden="true"><use :href="sprite + '#film'"></use></svg><span>Download as {{ view.otherName }}</span></a>
          <p class="hint" role="status" data-prepare-said></p>
        </div>
        <a v-if="!view.clip" class="btn" :href="view.original" target="_blank" rel="noopener"><svg class="i" aria-hidden="true"><use :href="sprite + '#external-link'"></use></svg><span>Open the original</span></a>
        <button type="button" class="btn danger" @click="$emit('delete')"><svg class="i" aria-hidden="true"><use :href="sprite + '#trash-2'"></use></svg><span>Delete</span></button>
      </div>
    </div>`,
  props: { view: Object, sprite: String },
  emits: ["step", "delete"],
  data() {
    return { ready: "" };
  },
  computed: {
    sources() {
      const { preview, previewWidth, original, width } = this.view;
      return width > previewWidth ? `${preview} ${previewWidth}w, ${original} ${width}w` : null;
    },
    made() {
      return this.view.made ? new Date(this.view.made).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
    },
  },
  mounted() {
    this.dialog = this.$el.closest("dialog");
    this.dialog.addEventListener("keydown", this.press);
    this.dialog.addEventListener("close", this.hush);
  },
  beforeUnmount() {
    this.dialog.removeEventListener("keydown", this.press);
    this.dialog.removeEventListener("close", this.hush);
  },
  methods: {
    press(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return; // those that a clip's player uses don't come here
      event.preventDefault();
      this.go(step);
    },
    go(step) {
      if (step < 0 ? this.view.newer : this.view.older) this.$emit("step", step);
    },
    touch(event) {
      this.from = event.touches.length === 1 ? event.touches[0].clientX : null;
    },
    release(event) {
      if (this.from === null || this.view.clip) return;
      const moved = event.changedTouches[0].clientX - this.from;
      if (Math.abs(moved) > 60) this.go(moved < 0 ? 1 : -1);
    },
    hush() {
      this.$el.querySelector("video")?.pause();
    },
  },
};
