// One file large beside its story. Arrows and swipes lead to the neighbours; the wheel, two fingers and a double press zoom, then it can be
// moved about. The browser's Back closes it. A clip has no link to its original: files are sent sandboxed, and the page that a browser
// makes around a lone clip then can't load it.
const LARGEST = 8;
export default {
  template: `
    <div class="showcase">
      <div class="view" ref="stage" :class="{ zoomed: scale > 1 }" @wheel="wheel" @dblclick="double" @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="up">
        <slot v-if="view.clip"></slot>
        <img v-else-if="view.id" :key="view.id" :src="view.preview" :srcset="sources" :alt="view.alt" draggable="false"
          :style="{ backgroundImage: view.blur && ready !== view.id ? 'url(' + view.blur + ')' : null, transform: scale > 1 ? 'translate(' + x + 'px,' + y + 'px) scale(' + scale + ')' : null }"
          :sizes="scale > 1 ? '400vw' : '(max-width: 900px) 100vw, calc(100vw - 390px)'" :width="view.width" :height="view.height" @load="ready = view.id">
        <button v-if="view.newer" type="button" class="iconbtn step prev" aria-label="Previous" title="Previous" @click="$emit('step', -1)"><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-left'"></use></svg></button>
        <button v-if="view.older" type="button" class="iconbtn step next" aria-label="Next" title="Next" @click="$emit('step', 1)"><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-right'"></use></svg></button>
        <button v-if="!view.clip && view.id" type="button" class="iconbtn zoom" :aria-label="scale > 1 ? 'Fit to window' : 'Zoom in'" :aria-pressed="scale > 1" @click="toggle()"><svg class="i" aria-hidden="true"><use :href="sprite + '#maximize-2'"></use></svg></button>
      </div>
      <div class="side">
        <p class="prompt-text">{{ view.prompt }}</p>
        <div class="row wrap tight">
          <button v-if="!view.trashed" type="button" class="btn mini" :aria-pressed="view.favourite" @click="$emit('favour', !view.favourite)"><svg class="i" :class="{ full: view.favourite }" aria-hidden="true"><use :href="sprite + '#heart'"></use></svg><span>{{ view.favourite ? "Favourite" : "Make favourite" }}</span></button>
          <button type="button" class="btn mini" @click="copy"><svg class="i" aria-hidden="true"><use :href="sprite + (copied ? '#check' : '#copy')"></use></svg><span aria-live="polite">{{ copied ? "Copied" : "Copy prompt" }}</span></button>
          <a class="btn mini" :href="view.studio"><svg class="i" aria-hidden="true"><use :href="sprite + '#wand-sparkles'"></use></svg><span>Open in the studio</span></a>
        </div>
        <dl class="meta">
          <template v-for="[name, value] in view.facts" :key="name"><dt>{{ name }}</dt><dd>{{ value }}</dd></template>
          <dt>Made</dt><dd><time :datetime="view.made">{{ made }}</time></dd>
        </dl>
        <section v-for="group in view.lineage" :key="group.title" class="lineage">
          <h3>{{ group.title }}</h3>
          <ul role="list"><li v-for="one in group.items" :key="one.id"><button type="button" :aria-label="one.alt" @click="$emit('related', one.id)"><img :src="'/media/' + one.id + '/thumb'" alt="" loading="lazy" decoding="async"></button></li></ul>
        </section>
        <template v-if="view.trashed">
          <button type="button" class="btn primary" @click="$emit('restore')"><svg class="i" aria-hidden="true"><use :href="sprite + '#rotate-ccw'"></use></svg><span>Restore</span></button>
        </template>
        <template v-else>
          <a class="btn primary" :href="view.download" download><svg class="i" aria-hidden="true"><use :href="sprite + '#download'"></use></svg><span>Download</span></a>
          <p v-if="view.formats?.length" class="formats"><span>or as</span><a v-for="[name, address] in view.formats" :key="name" :href="address" download>{{ name }}</a></p>
          <div v-if="view.clip" :key="view.id" class="other-format">
            <a class="btn full" :href="view.other" data-prepare><svg class="i" aria-hidden="true"><use :href="sprite + '#film'"></use></svg><span>Download as {{ view.otherName }}</span></a>
            <p class="hint" role="status" data-prepare-said></p>
          </div>
          <a v-if="!view.clip" class="btn" :href="view.original" target="_blank" rel="noopener"><svg class="i" aria-hidden="true"><use :href="sprite + '#external-link'"></use></svg><span>Open the original</span></a>
          <a v-for="link in view.links" :key="link.text" class="btn" :href="link.href"><svg class="i" aria-hidden="true"><use :href="sprite + '#' + link.icon"></use></svg><span>{{ link.text }}</span></a>
          <button type="button" class="btn" @click="$emit('share')"><svg class="i" aria-hidden="true"><use :href="sprite + '#share-2'"></use></svg><span>Share</span></button>
          <button type="button" class="btn danger" @click="$emit('trash')"><svg class="i" aria-hidden="true"><use :href="sprite + '#trash-2'"></use></svg><span>Delete</span></button>
        </template>
      </div>
    </div>`,
  props: { view: Object, sprite: String },
  emits: ["share", "step", "trash", "restore", "favour", "related"],
  data() {
    return { ready: "", scale: 1, x: 0, y: 0, copied: false };
  },
  computed: {
    sources() {
      const { preview, previewWidth, original, width } = this.view;
      return original && width > previewWidth ? `${preview} ${previewWidth}w, ${original} ${width}w` : null;
    },
    made() {
      return this.view.made ? new Date(this.view.made).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
    },
  },
  watch: {
    "view.id"() {
      this.fit();
      this.copied = false;
    },
  },
  created() {
    this.pointers = new Map();
  },
  mounted() {
    this.dialog = this.$el.closest("dialog");
    this.dialog.addEventListener("keydown", this.press);
    this.dialog.addEventListener("close", this.closed);
    this.opening = new MutationObserver(() => this.dialog.open && this.opened());
    this.opening.observe(this.dialog, { attributes: true, attributeFilter: ["open"] });
    addEventListener("popstate", this.back);
    if (this.dialog.open) this.opened();
  },
  beforeUnmount() {
    this.opening.disconnect();
    this.dialog.removeEventListener("keydown", this.press);
    this.dialog.removeEventListener("close", this.closed);
    removeEventListener("popstate", this.back);
  },
  methods: {
    // Back

    opened() {
      if (!history.state?.nyxDetail) history.pushState({ ...history.state, nyxDetail: true }, "");
    },
    back() {
      if (this.dialog.open && !history.state?.nyxDetail) this.dialog.close();
    },
    closed() {
      this.$el.querySelector("video")?.pause();
      this.fit();
      if (history.state?.nyxDetail) history.back();
    },

    // Neighbours

    press(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return; // those that a clip's player uses don't come here
      event.preventDefault();
      this.go(step);
    },
    go(step) {
      if (step < 0 ? this.view.newer : this.view.older) this.$emit("step", step);
    },
    async copy() {
      try {
        await navigator.clipboard.writeText(this.view.prompt);
      } catch {
        const range = getSelection();
        range.selectAllChildren(this.$el.querySelector(".prompt-text")); // without leave to write: ready for the person to copy
        return;
      }
      this.copied = true;
    },

    // Zoom

    fit() {
      [this.scale, this.x, this.y] = [1, 0, 0];
      this.pointers.clear();
    },
    toggle(at = this.centre()) {
      this.scale > 1 ? this.fit() : this.zoom(2.5, at);
    },
    centre() {
      const box = this.$refs.stage.getBoundingClientRect();
      return { x: box.width / 2, y: box.height / 2 };
    },
    within(event) {
      const box = this.$refs.stage.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    },
    zoom(factor, at) {
      const box = this.$refs.stage.getBoundingClientRect();
      const scale = Math.min(LARGEST, Math.max(1, this.scale * factor));
      const [dx, dy] = [at.x - box.width / 2, at.y - box.height / 2];
      this.pan(dx - ((dx - this.x) * scale) / this.scale, dy - ((dy - this.y) * scale) / this.scale, scale);
    },
    pan(x, y, scale = this.scale) {
      const box = this.$refs.stage.getBoundingClientRect();
      const [mostX, mostY] = [((scale - 1) * box.width) / 2, ((scale - 1) * box.height) / 2];
      [this.scale, this.x, this.y] = [scale, Math.max(-mostX, Math.min(mostX, x)), Math.max(-mostY, Math.min(mostY, y))];
    },
    wheel(event) {
      if (this.view.clip) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), this.within(event));
    },
    double(event) {
      if (!this.view.clip && !event.target.closest("button")) this.toggle(this.within(event));
    },
    down(event) {
      if (this.view.clip || event.target.closest("button")) return;
      this.pointers.set(event.pointerId, this.within(event));
      this.start = { ...this.within(event), x0: this.x, y0: this.y, alone: this.pointers.size === 1 };
      if (this.scale > 1 || this.pointers.size > 1) this.$refs.stage.setPointerCapture(event.pointerId);
    },
    move(event) {
      if (!this.pointers.has(event.pointerId)) return;
      const before = [...this.pointers.values()];
      this.pointers.set(event.pointerId, this.within(event));
      const now = [...this.pointers.values()];
      if (now.length === 2) {
        const apart = ([one, two]) => Math.hypot(one.x - two.x, one.y - two.y);
        this.start.alone = false;
        this.zoom(apart(now) / Math.max(1, apart(before)), { x: (now[0].x + now[1].x) / 2, y: (now[0].y + now[1].y) / 2 });
      } else if (this.scale > 1) {
        this.pan(this.start.x0 + now[0].x - this.start.x, this.start.y0 + now[0].y - this.start.y);
      }
    },
    up(event) {
      const last = this.pointers.get(event.pointerId);
      this.pointers.delete(event.pointerId);
      if (!last || event.type !== "pointerup" || this.scale > 1 || !this.start.alone || event.pointerType === "mouse") return;
      const moved = last.x - this.start.x;
      if (Math.abs(moved) > 60 && Math.abs(moved) > Math.abs(last.y - this.start.y)) this.go(moved < 0 ? 1 : -1);
    },
  },
};
