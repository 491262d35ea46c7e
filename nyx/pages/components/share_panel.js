// The switches of one file's share link, and the ways to hand it on: copy, or the phone's own sheet.
export default {
  template: `
    <div class="share-panel">
      <label class="switch-row">
        <span><b>Share it by a link</b><small>Everybody who has the link can look, without an account.</small></span>
        <input type="checkbox" role="switch" data-of="on" :checked="link.on" :disabled="busy" @change="send('share', $event)">
      </label>
      <template v-if="link.on">
        <div class="share-link">
          <input ref="url" class="input" readonly :value="link.url" aria-label="The link" @focus="$event.target.select()">
          <button type="button" class="btn" @click="copy"><svg class="i" aria-hidden="true"><use :href="sprite + (copied ? '#check' : '#copy')"></use></svg><span aria-live="polite">{{ copied ? "Copied" : "Copy" }}</span></button>
          <button v-if="canHandOn" type="button" class="btn" @click="handOn"><svg class="i" aria-hidden="true"><use :href="sprite + '#share-2'"></use></svg><span>Share</span></button>
        </div>
        <label class="switch-row">
          <span><b>Show the prompt</b><small>Else only the {{ link.kind }}, its model and its date are shown.</small></span>
          <input type="checkbox" role="switch" data-of="prompt" :checked="link.prompt" :disabled="busy" @change="send('prompt', $event)">
        </label>
        <label class="switch-row">
          <span><b>Allow the download</b><small>Else {{ link.kind === "clip" ? "it can be played, without a button to save it." : "it is shown at up to 1,024 pixels." }}</small></span>
          <input type="checkbox" role="switch" data-of="download" :checked="link.download" :disabled="busy" @change="send('download', $event)">
        </label>
        <p class="small muted">{{ link.views }} <a class="link" :href="link.path" target="_blank" rel="noopener">Open the page</a></p>
      </template>
    </div>`,
  props: { link: Object, sprite: String },
  emits: ["share", "prompt", "download"],
  data() {
    return { busy: false, copied: false, timer: null };
  },
  computed: {
    canHandOn() {
      return Boolean(navigator.share) && matchMedia("(pointer: coarse)").matches;
    },
  },
  watch: {
    link() {
      this.busy = this.copied = false;
      // What was refused is as it was before: no change that Vue would write, yet the switch has moved.
      this.$nextTick(() => {
        for (const input of this.$el.querySelectorAll("[data-of]")) input.checked = Boolean(this.link[input.dataset.of]);
      });
    },
  },
  beforeUnmount() {
    clearTimeout(this.timer);
  },
  methods: {
    send(what, event) {
      this.busy = true;
      this.$emit(what, event.target.checked);
    },
    async copy() {
      try {
        await navigator.clipboard.writeText(this.link.url);
      } catch {
        // Without https there is no clipboard for scripts: the old way still works.
        this.$refs.url.select();
        document.execCommand("copy");
      }
      this.copied = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.copied = false), 2500);
    },
    handOn() {
      navigator.share({ url: this.link.url, title: this.link.title }).catch(() => {});
    },
  },
};
