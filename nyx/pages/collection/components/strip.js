// Rows of cards that know their shape before their picture; a card leads to its preview.
export default {
  template: `
    <ul class="strip" role="list">
      <li v-for="item in items" :key="item.id" :style="{ '--ratio': item.ratio }">
        <a class="g-card" :href="base + item.id + '/preview'" :style="{ backgroundImage: item.blur ? 'url(' + item.blur + ')' : null }" :aria-label="item.alt">
          <img v-if="item.thumb && !broken[item.id]" :src="base + item.id + '/thumb'" alt="" loading="lazy" decoding="async" @error="broken[item.id] = true">
          <span v-if="item.length" class="kind"><svg class="i" aria-hidden="true"><use :href="sprite + '#film'"></use></svg>{{ item.length }}</span>
          <span class="cap" aria-hidden="true"><span>{{ item.alt }}</span></span>
        </a>
      </li>
    </ul>`,
  props: { items: Array, base: String, sprite: String },
  data() {
    return { broken: {} };
  },
};
