// A file is dropped, chosen or pasted here, sent to be read, and the finding is shown below.
const ICONS = { ours: "circle-check", signed: "circle-help", broken: "circle-alert", noted: "info", nothing: "circle-help" };

export default {
  template: `
    <div class="desk">
      <label class="drop card" :class="{ over }" @dragover.prevent="over = true" @dragleave="over = false" @drop.prevent="dropped">
        <input ref="input" type="file" class="sr-only" accept="image/jpeg,image/png,image/webp,video/mp4,video/webm" @change="chosen">
        <svg class="i" aria-hidden="true"><use :href="sprite + '#upload'"></use></svg>
        <strong>Drop a file here, or choose one</strong>
        <span>JPEG, PNG, WebP, MP4 or WebM, at most 100&nbsp;MB. A copied picture can be pasted.</span>
      </label>
      <div role="status" aria-live="polite">
        <div v-if="reading" class="card pad finding">
          <p>Reading <b>{{ name }}</b></p>
          <div class="bar unknown"><i></i></div>
        </div>
        <p v-else-if="trouble" class="error">{{ trouble }}</p>
        <section v-else-if="found" class="card pad finding" :class="found.verdict" aria-labelledby="finding">
          <div class="finding-head">
            <svg class="i" aria-hidden="true"><use :href="sprite + '#' + icons[found.verdict]"></use></svg>
            <div><h2 id="finding">{{ found.title }}</h2><p class="faint">{{ name }}</p></div>
          </div>
          <p>{{ found.text }}</p>
          <dl v-if="found.facts.length" class="facts">
            <template v-for="fact in found.facts" :key="fact[0]"><dt>{{ fact[0] }}</dt><dd>{{ fact[1] }}</dd></template>
          </dl>
        </section>
      </div>
    </div>`,
  props: { sprite: String, address: String, mostBytes: Number },
  data() {
    return { over: false, reading: false, name: "", trouble: "", found: null, turn: 0, icons: ICONS };
  },
  mounted() {
    window.addEventListener("paste", this.pasted);
  },
  unmounted() {
    window.removeEventListener("paste", this.pasted);
  },
  methods: {
    chosen(event) {
      this.read(event.target.files[0]);
      event.target.value = ""; // the same file may be chosen again
    },
    dropped(event) {
      this.over = false;
      this.read(event.dataTransfer.files[0]);
    },
    pasted(event) {
      this.read(event.clipboardData.files[0]);
    },
    async read(file) {
      if (!file) return;
      const turn = ++this.turn;
      Object.assign(this, { name: file.name, trouble: "", found: null, reading: true });
      const result = file.size > this.mostBytes ? { trouble: "This file is larger than 100 MB." } : await this.ask(file);
      if (turn === this.turn) Object.assign(this, { reading: false, ...result });
    },
    async ask(file) {
      try {
        const answer = await fetch(this.address, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
        const said = await answer.json();
        return answer.ok ? { found: said } : { trouble: said.error.message };
      } catch {
        return { trouble: "The file could not be sent. Check your connection and try again." };
      }
    },
  },
};
