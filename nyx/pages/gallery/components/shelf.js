// The collections as cards with their covers.
export default {
  template: `
    <ul class="shelf" role="list">
      <li v-for="one in collections" :key="one.id">
        <a class="shelf-card" :href="path + '?collection=' + one.id">
          <span class="cover"><img v-if="one.cover && !broken[one.cover]" :src="'/media/' + one.cover + '/thumb'" alt="" loading="lazy" decoding="async" @error="broken[one.cover] = true"><svg v-else class="i" aria-hidden="true"><use :href="sprite + '#images'"></use></svg></span>
          <span class="shelf-words"><strong>{{ one.name }}</strong><span class="muted">{{ one.words }}</span></span>
          <span v-if="one.shared" class="badge"><svg class="i" aria-hidden="true"><use :href="sprite + '#link'"></use></svg>Shared</span>
        </a>
      </li>
    </ul>`,
  props: { collections: Array, path: String, sprite: String },
  data() {
    return { broken: {} };
  },
};
