// A file is dropped, chosen or pasted here, sent to be read, and the finding is shown below.
const ICONS = { ours: "circle-check", signed: "circle-help", broken: "circle-alert", noted: "info", nothing: "circle-help" };

export default {
  template: `
    <div class="desk">
      <label class="drop card" :class="{ over }">
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
    window.addEventListener("dragover", this.hovered);
    window.addEventListener("dragleave", this.left);
    window.addEventListener("drop", this.dropped);
  },
  unmounted() {
    window.removeEventListener("paste", this.pasted);
    window.removeEventListener("dragover", this.hovered);
    window.removeEventListener("dragleave", this.left);
    window.removeEventListener("drop", this.dropped);
  },
  methods: {
    chosen(event) {
      this.read(event.target.files[0]);
      event.target.value = ""; // the same file may be chosen again
    },
    // A file that misses the desk would take the browser away from this page: the whole page is the desk.
    hovered(event) {
      event.preventDefault();
      this.over = true;
    },
    left(event) {
      if (!event.relatedTarget) this.over = false;
    },
    dropped(event) {
      event.preventDefault();
      this.over = false;
      const file = event.dataTransfer.files[0];
      if (file) this.read(file);
      else Object.assign(this, { turn: this.turn + 1, reading: false, found: null, trouble: "That is a link, not a file. Save the file first, then drop it here." });
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
