// A stretch of the wall: cards that know their shape before their picture, so that nothing moves while pictures arrive.
export default {
  template: `
    <ul class="stretch" role="list">
      <li v-for="item in items" :key="item.id" :style="{ '--ratio': item.ratio }">
        <a class="g-card" :href="item.href" :style="{ backgroundImage: item.blur ? 'url(' + item.blur + ')' : null }" :aria-label="item.alt" @click.exact.prevent="$emit('choose', item.id)" @pointerenter="look(item, $event)" @pointerleave="look(null)">
          <img v-if="item.src && !broken[item.id]" :src="item.src" alt="" loading="lazy" decoding="async" :class="{ waiting: !shown[item.id] }" @load="shown[item.id] = true" @error="broken[item.id] = true">
          <span v-else-if="broken[item.id]" class="lost"><svg class="i" aria-hidden="true"><use :href="sprite + '#cloud-off'"></use></svg>This could not be loaded</span>
          <video v-if="moving === item.id" :src="item.moving" muted loop autoplay playsinline aria-hidden="true" tabindex="-1"></video>
          <span v-if="item.length" class="kind"><svg class="i" aria-hidden="true"><use :href="sprite + '#film'"></use></svg>{{ item.length }}</span>
          <span class="cap" aria-hidden="true"><span>{{ item.alt }}</span></span>
        </a>
      </li>
    </ul>`,
  props: { items: Array, sprite: String },
  emits: ["choose"],
  data() {
    return { broken: {}, shown: {}, moving: "" };
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
  watch: {
    items() {
      this.broken = {}; // what has changed may be there now
    },
  },
};
