// The creator's recent generations as small pictures; the one on the stage is marked, the open ones show how far they are. Arrow keys walk.
export default {
  template: `
    <aside class="hist" :class="{ none: !items.length && !waiting }" :aria-busy="waiting ? 'true' : null" aria-label="Recent generations" @keydown="walk">
      <span class="lab" aria-hidden="true">Recent</span>
      <button v-for="item in items" :key="item.id" type="button" class="hist-item" :class="[item.state, { busy: item.busy }]" :aria-current="item.on ? 'true' : null" :aria-label="item.label" :title="item.title" @click="$emit('choose', item.id)" @pointerenter="look(item, $event)" @pointerleave="look(null)">
        <img v-if="item.src" :src="item.src" alt="" loading="lazy" decoding="async">
        <span v-else-if="item.state === 'running'" class="ring" aria-hidden="true"></span>
        <span v-else class="hist-word" aria-hidden="true"><svg class="i"><use :href="sprite + '#' + item.icon"></use></svg>{{ item.word }}</span>
        <video v-if="moving === item.id" :src="item.moving" muted loop autoplay playsinline aria-hidden="true" tabindex="-1"></video>
        <span v-if="item.count" class="hist-count mono" aria-hidden="true">{{ item.count }}</span>
        <span v-if="item.busy" class="bar hist-bar" :class="{ unknown: progress[item.id] == null && item.state === 'running' }" aria-hidden="true"><i :style="bar(item)"></i></span>
      </button>
      <span v-if="waiting" class="hist-item skel" aria-hidden="true"></span>
    </aside>`,
  props: { items: Array, progress: Object, waiting: Boolean, sprite: String },
  emits: ["choose"],
  data() {
    return { moving: "" };
  },
  beforeUnmount() {
    clearTimeout(this.pause);
  },
  methods: {
    bar(item) {
      const known = this.progress[item.id];
      return known == null && item.state === "running" ? null : { transform: `scaleX(${known ?? 0})` };
    },
    walk(event) {
      const buttons = [...this.$el.querySelectorAll("button.hist-item")];
      const at = buttons.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      buttons[Math.min(Math.max(to, 0), buttons.length - 1)].focus();
    },
    // A clip moves while a mouse rests on it, not while one passes over it.
    look(item, event) {
      clearTimeout(this.pause);
      this.moving = "";
      if (!item?.moving || event.pointerType !== "mouse" || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      this.pause = setTimeout(() => (this.moving = item.id), 150);
    },
  },
};
