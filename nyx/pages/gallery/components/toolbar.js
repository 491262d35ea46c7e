// The tabs, the search and the filters. The address always says what is shown; without the socket the form and the links still work.
export default {
  template: `
    <div class="g-bar">
      <nav class="g-tabs" aria-label="Gallery">
        <a v-for="tab in tabs" :key="tab.href" class="chip" :class="{ on: tab.on }" :href="tab.href" :aria-current="tab.on ? 'page' : null"><svg class="i" aria-hidden="true"><use :href="sprite + '#' + tab.icon"></use></svg>{{ tab.text }}</a>
      </nav>
      <form v-if="filters" ref="form" class="g-filters" role="search" method="get" :action="path" @submit.prevent="send" @change="change">
        <input v-for="(value, name) in kept" :key="name" type="hidden" :name="name" :value="value">
        <label class="g-search"><svg class="i" aria-hidden="true"><use :href="sprite + '#search'"></use></svg><span class="sr-only">Search your prompts</span>
          <input class="input" type="search" name="q" :value="asked.q" placeholder="Search your prompts" maxlength="200" autocomplete="off" enterkeyhint="search" @input="type"></label>
        <button type="button" class="btn mini g-more" :aria-expanded="open" @click="open = !open"><svg class="i" aria-hidden="true"><use :href="sprite + '#sliders-horizontal'"></use></svg>Filters<span v-if="used" class="badge">{{ used }}</span></button>
        <div class="g-fields" :class="{ open }">
          <label><span class="sr-only">Type</span><span class="select"><select class="input" name="type" :value="asked.type || ''"><option value="">All types</option><option value="image">Pictures</option><option value="video">Clips</option></select></span></label>
          <label><span class="sr-only">Model</span><span class="select"><select class="input" name="model" :value="asked.model || ''"><option value="">All models</option><option v-for="model in models" :key="model.key" :value="model.key">{{ model.name }}</option></select></span></label>
          <label class="g-day" title="Days are counted in UTC"><span>From</span><input class="input" type="date" name="from" :value="asked.from"></label>
          <label class="g-day" title="Days are counted in UTC"><span>To</span><input class="input" type="date" name="to" :value="asked.to"></label>
          <label><span class="sr-only">Order</span><span class="select"><select class="input" name="sort" :value="asked.sort || ''"><option value="">Newest first</option><option value="oldest">Oldest first</option></select></span></label>
          <label><span class="sr-only">Show</span><span class="select"><select class="input" name="show" :value="asked.show || ''"><option value="">Endless scroll</option><option value="pages">Page by page</option></select></span></label>
          <button v-if="used || asked.q" type="button" class="btn mini ghost" @click="clear"><svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg>Clear</button>
        </div>
        <button class="sr-only" tabindex="-1">Search</button>
      </form>
    </div>`,
  props: { tabs: Array, filters: Boolean, path: String, asked: Object, kept: Object, models: Array, sprite: String },
  emits: ["query"],
  data() {
    return { open: false };
  },
  computed: {
    used() {
      return ["type", "model", "from", "to"].filter((name) => this.asked[name]).length;
    },
  },
  methods: {
    type() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.send(), 250);
    },
    change(event) {
      if (event.target.type !== "search") this.send();
    },
    send() {
      clearTimeout(this.timer);
      const entries = [...new FormData(this.$refs.form)].filter(([, value]) => value !== "");
      const query = new URLSearchParams(entries).toString();
      if (query === this.last) return;
      this.last = query;
      history.replaceState(history.state, "", this.path + (query ? "?" + query : ""));
      dispatchEvent(new CustomEvent("gallery-query"));
      this.$emit("query", Object.fromEntries(entries));
    },
    clear() {
      for (const field of this.$refs.form.elements) if (field.type !== "hidden") field.value = "";
      this.send();
      if (matchMedia("(pointer: fine)").matches) this.$refs.form.elements.q.focus(); // the button goes away
    },
  },
};
