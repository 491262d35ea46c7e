// What a person has: pictures they brought along and pictures made here, to choose one from. What they brought can be deleted, by two presses.
export default {
  template: `
    <div class="chooser">
      <div class="chips" role="tablist" aria-label="Where from">
        <button v-for="tab in tabs" :key="tab.key" type="button" role="tab" class="chip" :aria-selected="tab.key === shown ? 'true' : 'false'" :class="{ on: tab.key === shown }" @click="show(tab.key)">{{ tab.label }}</button>
      </div>
      <p v-if="!current.items.length" class="muted">{{ current.empty }}</p>
      <ul v-else class="chooser-grid" role="tabpanel" :aria-label="current.label">
        <li v-for="item in current.items" :key="item.id"><button type="button" :aria-label="'Use ' + item.name" :title="item.name" @click="$emit('choose', item.id)"><img :src="item.src" :alt="item.name" loading="lazy" decoding="async"></button>
          <button v-if="current.deletable" type="button" class="chooser-delete" :class="{ asked: asked === item.id }" :aria-label="(asked === item.id ? 'Press again to delete ' : 'Delete ') + item.name" @click="remove(item.id)"><svg v-if="asked !== item.id" class="i" aria-hidden="true"><use :href="sprite + '#trash-2'"></use></svg><span v-else>Delete</span></button>
        </li>
      </ul>
    </div>`,
  props: { tabs: Array, sprite: String },
  emits: ["choose", "remove"],
  data() {
    return { shown: this.tabs[0].key, asked: "" };
  },
  computed: {
    current() {
      return this.tabs.find((tab) => tab.key === this.shown) || this.tabs[0];
    },
  },
  methods: {
    show(key) {
      this.shown = key;
      this.asked = "";
    },
    remove(id) {
      if (this.asked === id) this.$emit("remove", id);
      this.asked = this.asked === id ? "" : id;
    },
  },
};
