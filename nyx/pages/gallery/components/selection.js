// What can be done with the cards that are chosen, and the collections as places to drop them on.
export default {
  template: `
    <div class="g-chosen">
      <div v-if="collections.length && !trash" class="g-shelf" aria-label="Collections" role="group">
        <a v-for="one in collections" :key="one.id" class="chip" :class="{ over: over === one.id, on: one.id === here }" :href="path + '?collection=' + one.id" :aria-current="one.id === here ? 'page' : null"
          @dragover="enter($event, one.id)" @dragleave="over = ''" @drop="drop($event, one.id)"><svg class="i" aria-hidden="true"><use :href="sprite + '#layout-grid'"></use></svg>{{ one.name }}<span class="count">{{ one.count }}</span></a>
      </div>
      <div v-show="chosen.length" class="g-acts" role="toolbar" aria-label="Chosen files">
        <button type="button" class="iconbtn" aria-label="Choose none" title="Choose none" @click="clear"><svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg></button>
        <strong>{{ chosen.length }} chosen</strong>
        <template v-if="trash">
          <button type="button" class="btn mini worded" @click="act('restore')"><svg class="i" aria-hidden="true"><use :href="sprite + '#rotate-ccw'"></use></svg><span>Restore</span></button>
        </template>
        <template v-else>
          <button type="button" class="btn mini" :aria-label="loved ? 'No favourites any more' : 'Make favourites'" @click="act(loved ? 'unfavour' : 'favour')"><svg class="i" :class="{ full: loved }" aria-hidden="true"><use :href="sprite + '#heart'"></use></svg><span>Favourite</span></button>
          <details class="menu" ref="menu">
            <summary class="btn mini" aria-label="Add to a collection"><svg class="i" aria-hidden="true"><use :href="sprite + '#plus'"></use></svg><span>Collection</span></summary>
            <div class="menu-panel">
              <button v-for="one in collections" :key="one.id" type="button" class="menu-item" @click="act('collect', one.id)">{{ one.name }}</button>
              <form class="g-new" @submit.prevent="create"><label class="sr-only" :for="$attrs.id + '-new'">Name of a new collection</label>
                <input :id="$attrs.id + '-new'" class="input" v-model="name" placeholder="New collection" maxlength="80" autocomplete="off" @keydown.stop><button class="btn mini primary" :disabled="!name.trim()">Add</button></form>
            </div>
          </details>
          <button v-if="here" type="button" class="btn mini" aria-label="Take out of the collection" @click="act('uncollect', here)"><svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg><span>Take out</span></button>
          <button v-if="here && chosen.length === 1" type="button" class="btn mini" aria-label="Make it the cover" @click="act('cover', here)"><svg class="i" aria-hidden="true"><use :href="sprite + '#image'"></use></svg><span>Make cover</span></button>
          <button type="button" class="btn mini" aria-label="Download as ZIP" @click="act('download')"><svg class="i" aria-hidden="true"><use :href="sprite + '#download'"></use></svg><span>Download</span></button>
          <button type="button" class="btn mini danger" aria-label="Move to the trash" @click="act('trash')"><svg class="i" aria-hidden="true"><use :href="sprite + '#trash-2'"></use></svg><span>Delete</span></button>
        </template>
      </div>
    </div>`,
  props: { collections: Array, here: String, trash: Boolean, path: String, sprite: String },
  emits: ["act"],
  data() {
    return { chosen: [], over: "", name: "" };
  },
  computed: {
    loved() {
      return this.chosen.every((item) => item.favourite);
    },
  },
  mounted() {
    this.onChosen = (event) => (this.chosen = event.detail);
    addEventListener("gallery-chosen", this.onChosen);
  },
  beforeUnmount() {
    removeEventListener("gallery-chosen", this.onChosen);
  },
  methods: {
    act(act, target = "") {
      this.$emit("act", { act, ids: this.chosen.map((item) => item.id), target });
      if (this.$refs.menu) this.$refs.menu.open = false;
      if (!["favour", "unfavour", "download"].includes(act)) this.clear(); // what stays may be wanted for more
    },
    create() {
      this.act("collect-new", this.name);
      this.name = "";
    },
    clear() {
      dispatchEvent(new CustomEvent("gallery-clear"));
    },
    enter(event, id) {
      if (!event.dataTransfer.types.includes("application/x-nyx-media")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      this.over = id;
    },
    drop(event, id) {
      this.over = "";
      const sent = event.dataTransfer.getData("application/x-nyx-media");
      if (!sent) return;
      event.preventDefault();
      this.$emit("act", { act: "collect", ids: JSON.parse(sent), target: id });
      this.clear();
    },
  },
};
