// Two pictures against each other: one over the other with a divider to drag, or side by side, moved and zoomed together. Clips stand side
// by side and play together.
export default {
  template: `
    <div class="cmp" role="group" aria-label="Compare">
      <div class="cmp-bar">
        <label class="cmp-pick"><span class="lab">Left</span><span class="select"><select v-model="a" class="input"><option v-for="item in items" :key="item.id" :value="item.id">{{ item.name }}</option></select></span></label>
        <button type="button" class="iconbtn" aria-label="Swap left and right" title="Swap" @click="swap"><svg class="i" aria-hidden="true"><use :href="sprite + '#repeat'"></use></svg></button>
        <label class="cmp-pick"><span class="lab">Right</span><span class="select"><select v-model="b" class="input"><option v-for="item in items" :key="item.id" :value="item.id">{{ item.name }}</option></select></span></label>
        <div v-if="!clips" class="chips" role="group" aria-label="How to compare">
          <button type="button" class="chip" :aria-pressed="slides ? 'true' : 'false'" @click="slides = true">Slider</button>
          <button type="button" class="chip" :aria-pressed="slides ? 'false' : 'true'" @click="slides = false">Side by side</button>
        </div>
      </div>
      <div v-if="over" class="cmp-over" ref="over" @pointerdown="grab" @pointermove="drag" @pointerup="held = false" @pointercancel="held = false">
        <img :src="rightItem.src" :alt="rightItem.name" draggable="false" decoding="async">
        <img :src="leftItem.src" :alt="leftItem.name" draggable="false" decoding="async" :style="{ clipPath: 'inset(0 ' + (100 - at) + '% 0 0)' }">
        <div class="cmp-divider" ref="divider" role="slider" tabindex="0" aria-label="Divider" aria-orientation="horizontal" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="Math.round(at)" :aria-valuetext="Math.round(at) + ' % ' + leftItem.name" :style="{ left: at + '%' }" @keydown="key"><span><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-left'"></use></svg><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-right'"></use></svg></span></div>
        <span class="cmp-name">{{ leftItem.name }}</span><span class="cmp-name end">{{ rightItem.name }}</span>
      </div>
      <div v-else class="cmp-sides" tabindex="0" role="group" :aria-label="clips ? 'Both clips. Space plays.' : 'Both pictures. Plus and minus zoom, arrow keys move.'" @keydown="sideKey" @wheel="wheel" @pointerdown="grabBoth" @pointermove="moveBoth" @pointerup="held = false" @pointercancel="held = false">
        <figure v-for="(item, side) in [leftItem, rightItem]" :key="side" class="cmp-side">
          <video v-if="item.clip" :key="item.id" ref="clips" :src="item.large" :poster="item.src || null" :aria-label="item.name" muted loop playsinline preload="auto"></video>
          <img v-else :key="item.id" :src="zoom > 1 ? item.large : item.src" :alt="item.name" draggable="false" decoding="async" :style="{ transform: 'translate(' + x + 'px, ' + y + 'px) scale(' + zoom + ')' }">
          <figcaption class="cmp-name">{{ item.name }}</figcaption>
        </figure>
      </div>
      <div v-if="clips" class="cmp-bar">
        <button type="button" class="btn mini" @click="play"><svg class="i" aria-hidden="true"><use :href="sprite + (plays ? '#pause' : '#play')"></use></svg><span>{{ plays ? 'Pause' : 'Play together' }}</span></button>
      </div>
      <div v-else-if="!over" class="cmp-bar">
        <button type="button" class="btn mini" :disabled="zoom <= 1" @click="zoomTo(zoom / 1.5)"><span>Smaller</span></button>
        <button type="button" class="btn mini" :disabled="zoom >= 8" @click="zoomTo(zoom * 1.5)"><span>Larger</span></button>
        <button type="button" class="btn mini" :disabled="zoom === 1" @click="zoomTo(1)"><span>Whole</span></button>
        <span class="muted mono" role="status">{{ Math.round(zoom * 100) }} %</span>
      </div>
    </div>`,
  props: { items: Array, left: String, right: String, sprite: String },
  data() {
    return { a: this.left, b: this.right, slides: true, at: 50, zoom: 1, x: 0, y: 0, held: false, plays: false };
  },
  beforeUnmount() {
    clearInterval(this.together);
  },
  watch: {
    // The choice of the person stays while both are still there.
    items() {
      const has = (id) => this.items.some((item) => item.id === id);
      if (!has(this.a)) this.a = this.left;
      if (!has(this.b)) this.b = this.right;
    },
    clips() {
      this.halt();
    },
    a() {
      this.halt();
    },
    b() {
      this.halt();
    },
  },
  computed: {
    leftItem() {
      return this.items.find((item) => item.id === this.a) || this.items[0];
    },
    rightItem() {
      return this.items.find((item) => item.id === this.b) || this.items[1];
    },
    clips() {
      return this.leftItem.clip || this.rightItem.clip;
    },
    over() {
      return this.slides && !this.clips;
    },
  },
  methods: {
    swap() {
      [this.a, this.b] = [this.b, this.a];
    },
    to(percent) {
      this.at = Math.min(100, Math.max(0, percent));
    },
    place(event) {
      const box = this.$refs.over.getBoundingClientRect();
      this.to((100 * (event.clientX - box.left)) / box.width);
    },
    grab(event) {
      this.held = true;
      this.$refs.over.setPointerCapture(event.pointerId);
      this.$refs.divider.focus({ preventScroll: true });
      event.preventDefault();
      this.place(event);
    },
    drag(event) {
      if (this.held) this.place(event);
    },
    key(event) {
      const step = event.shiftKey ? 10 : 2;
      const to = { ArrowLeft: this.at - step, ArrowDown: this.at - step, ArrowRight: this.at + step, ArrowUp: this.at + step, PageDown: this.at - 10, PageUp: this.at + 10, Home: 0, End: 100 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.to(to);
    },
    zoomTo(zoom) {
      const before = this.zoom;
      this.zoom = zoom < 1.05 ? 1 : Math.min(8, zoom);
      this.pan((this.x * this.zoom) / before, (this.y * this.zoom) / before);
    },
    // Never so far that a picture is lost from sight.
    pan(x, y) {
      const box = this.$el.querySelector(".cmp-side").getBoundingClientRect();
      const most = (size) => ((this.zoom - 1) * size) / 2;
      const within = (value, limit) => Math.min(limit, Math.max(-limit, value));
      [this.x, this.y] = [within(x, most(box.width)), within(y, most(box.height))];
    },
    wheel(event) {
      if (this.clips || !(event.ctrlKey || event.metaKey || this.zoom > 1)) return; // else the page scrolls
      event.preventDefault();
      this.zoomTo(this.zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2));
    },
    grabBoth(event) {
      if (this.clips || this.zoom === 1) return;
      this.held = [event.clientX - this.x, event.clientY - this.y];
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    moveBoth(event) {
      if (this.held) this.pan(event.clientX - this.held[0], event.clientY - this.held[1]);
    },
    sideKey(event) {
      const far = 40;
      const acts = this.clips
        ? { " ": () => this.play() }
        : {
            "+": () => this.zoomTo(this.zoom * 1.5),
            "-": () => this.zoomTo(this.zoom / 1.5),
            0: () => this.zoomTo(1),
            ArrowLeft: () => this.pan(this.x + far, this.y),
            ArrowRight: () => this.pan(this.x - far, this.y),
            ArrowUp: () => this.pan(this.x, this.y + far),
            ArrowDown: () => this.pan(this.x, this.y - far),
          };
      if (!acts[event.key] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      acts[event.key]();
    },
    play() {
      if (this.plays) return this.halt();
      const clips = this.$refs.clips || [];
      this.plays = true;
      for (const clip of clips) clip.currentTime = clips[0].currentTime;
      for (const clip of clips) clip.play().catch(() => this.halt());
      this.together = setInterval(() => {
        if (clips[1] && Math.abs(clips[0].currentTime - clips[1].currentTime) > 0.15 && clips[0].currentTime < clips[1].duration) clips[1].currentTime = clips[0].currentTime;
      }, 500);
    },
    halt() {
      clearInterval(this.together);
      this.plays = false;
      for (const clip of this.$refs.clips || []) clip.pause();
    },
  },
};
