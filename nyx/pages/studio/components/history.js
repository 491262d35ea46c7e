// The creator's recent generations as small pictures; the one on the stage is marked.
export default {
  template: `
    <aside class="hist" :class="{ none: !items.length && !waiting }" :aria-busy="waiting ? 'true' : null" aria-label="Recent generations">
      <span class="lab" aria-hidden="true">Recent</span>
      <button v-for="item in items" :key="item.id" type="button" class="hist-item" :class="{ busy: item.busy }" :aria-current="item.on ? 'true' : null" :aria-label="item.label" :title="item.title" @click="$emit('choose', item.id)" @pointerenter="look(item, $event)" @pointerleave="look(null)">
        <img v-if="item.src" :src="item.src" alt="" loading="lazy" decoding="async">
        <span v-else-if="item.busy" class="ring" aria-hidden="true"></span>
        <svg v-else class="i" aria-hidden="true"><use :href="sprite + '#' + item.icon"></use></svg>
        <video v-if="moving === item.id" :src="item.moving" muted loop autoplay playsinline aria-hidden="true" tabindex="-1"></video>
        <span v-if="item.count" class="hist-count mono" aria-hidden="true">{{ item.count }}</span>
      </button>
      <span v-if="waiting" class="hist-item skel" aria-hidden="true"></span>
    </aside>`,
  props: { items: Array, waiting: Boolean, sprite: String },
  emits: ["choose"],
  data() {
    return { moving: "" };
  },
  beforeUnmount() {
    clearTimeout(this.pause);
  },
  methods: {
    // A clip moves while a mouse rests on it, not while one passes over it.
    look(item, event) {
      clearTimeout(this.pause);
      this.moving = "";
      if (!item?.moving || event.pointerType !== "mouse" || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      this.pause = setTimeout(() => (this.moving = item.id), 150);
    },
  },
};
