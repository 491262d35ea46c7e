// What a person has: pictures they brought along and pictures made here, to choose one from.
export default {
  template: `
    <div class="chooser">
      <div class="chips" role="tablist" aria-label="Where from">
        <button v-for="tab in tabs" :key="tab.key" type="button" role="tab" class="chip" :aria-selected="tab.key === shown ? 'true' : 'false'" :class="{ on: tab.key === shown }" @click="shown = tab.key">{{ tab.label }}</button>
      </div>
      <p v-if="!current.items.length" class="muted">{{ current.empty }}</p>
      <ul v-else class="chooser-grid" role="tabpanel" :aria-label="current.label">
        <li v-for="item in current.items" :key="item.id"><button type="button" :aria-label="'Use ' + item.name" :title="item.name" @click="$emit('choose', item.id)"><img :src="item.src" :alt="item.name" loading="lazy" decoding="async"></button></li>
      </ul>
    </div>`,
  props: { tabs: Array },
  emits: ["choose"],
  data() {
    return { shown: this.tabs[0].key };
  },
  computed: {
    current() {
      return this.tabs.find((tab) => tab.key === this.shown) || this.tabs[0];
    },
  },
};
