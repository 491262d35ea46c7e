// Tells of finished generations while one looks elsewhere: a number in the tab's title, a notification, a short sound; as far as the person
// wants it, which the menu above the tiles keeps in this browser. Of several tabs only one speaks up.
const TOLD = "nyx-told";
const PATIENCE_MS = 400; // an open tab in sight says first that it has been seen

export default {
  template: `<span hidden></span>`,
  props: { icon: String },
  emits: ["choose"],
  mounted() {
    this.missed = 0;
    document.addEventListener("visibilitychange", this.look);
  },
  beforeUnmount() {
    document.removeEventListener("visibilitychange", this.look);
    this.badge(0);
  },
  methods: {
    tell(run) {
      if (!document.hidden) return this.claim(run.id);
      if (this.read("nyx-notify") !== "on") return;
      setTimeout(() => {
        if (!document.hidden) return;
        this.badge(this.missed + 1);
        if (!this.claim(run.id)) return;
        this.notify(run);
        if (this.read("nyx-notify-sound") === "on") this.chime();
      }, PATIENCE_MS);
    },
    notify(run) {
      if (window.Notification?.permission !== "granted") return;
      try {
        const note = new Notification(run.title, { body: run.body, tag: run.id, icon: this.icon, silent: true });
        note.onclick = () => {
          window.focus();
          note.close();
          this.$emit("choose", run.id);
        };
      } catch {
        // Some phones allow it to service workers alone: the title has to do.
      }
    },
    badge(missed) {
      this.missed = missed;
      const plain = document.title.replace(/^\(\d+\) /, "");
      document.title = missed ? `(${missed}) ${plain}` : plain;
    },
    look() {
      if (!document.hidden) this.badge(0);
    },
    read(name) {
      try {
        return localStorage.getItem(name);
      } catch {
        return null;
      }
    },
    // True for the first tab that asks.
    claim(id) {
      try {
        const told = JSON.parse(this.read(TOLD) || "[]");
        if (told.includes(id)) return false;
        localStorage.setItem(TOLD, JSON.stringify([...told, id].slice(-20)));
      } catch {
        // storage is switched off or full: then every tab speaks for itself
      }
      return true;
    },
    chime() {
      const Audio = window.AudioContext || window.webkitAudioContext;
      if (!Audio) return;
      const audio = new Audio();
      const level = audio.createGain();
      level.connect(audio.destination);
      level.gain.setValueAtTime(0.0001, audio.currentTime);
      level.gain.exponentialRampToValueAtTime(0.12, audio.currentTime + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.5);
      [660, 880].forEach((pitch, turn) => {
        const tone = audio.createOscillator();
        tone.frequency.value = pitch;
        tone.connect(level);
        tone.start(audio.currentTime + turn * 0.12);
        tone.stop(audio.currentTime + 0.5);
      });
      setTimeout(() => audio.close(), 800);
    },
  },
};
