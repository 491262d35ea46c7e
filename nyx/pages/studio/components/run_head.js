// The line above the tiles: how far a generation is, the bar of its progress, tiles or a comparison, and a menu. Whether to
// tell when something is done while one looks elsewhere is kept in this browser; the notifier reads it.
const NOTIFY = "nyx-notify";
const SOUND = "nyx-notify-sound";

const kept = (name) => {
  try {
    return localStorage.getItem(name) === "on";
  } catch {
    return false; // storage is switched off
  }
};

export default {
  template: `
    <div class="run-head">
      <div class="stage-head">
        <div class="row run-now"><span class="dot" :class="[view.tone, { pulse: view.open }]"></span><b>{{ view.title }}</b></div>
        <span class="muted run-detail">{{ detail }}</span>
        <div v-if="view.comparable" class="row tight run-views" :class="{ later: !view.compare }" role="group" aria-label="View">
          <button type="button" class="chip" :aria-pressed="view.comparing ? 'false' : 'true'" @click="$emit('view', 'grid')">Grid</button>
          <button type="button" class="chip" :aria-pressed="view.comparing ? 'true' : 'false'" @click="$emit('view', 'compare')">Compare</button>
        </div>
        <div class="row tight run-acts">
          <button type="button" class="btn mini" v-if="view.cancel" @click="$emit('cancel')"><span>Cancel</span></button>
          <details class="menu">
            <summary class="iconbtn" aria-label="More about this generation"><svg class="i" aria-hidden="true"><use :href="sprite + '#ellipsis'"></use></svg></summary>
            <div class="menu-panel">
              <button type="button" class="menu-item" @click="copy"><svg class="i" aria-hidden="true"><use :href="sprite + '#link'"></use></svg>Copy a link to these settings</button>
              <hr>
              <button type="button" class="menu-item" :aria-pressed="notify ? 'true' : 'false'" @click="toggleNotify"><svg class="i" aria-hidden="true"><use :href="sprite + (notify ? '#bell' : '#bell-off')"></use></svg>Tell me when one is done<svg v-if="notify" class="i end" aria-hidden="true"><use :href="sprite + '#check'"></use></svg></button>
              <button v-if="notify" type="button" class="menu-item" :aria-pressed="sound ? 'true' : 'false'" @click="toggleSound"><svg class="i" aria-hidden="true"><use :href="sprite + (sound ? '#volume-2' : '#volume-x')"></use></svg>With a sound<svg v-if="sound" class="i end" aria-hidden="true"><use :href="sprite + '#check'"></use></svg></button>
              <p v-if="notify && blocked" class="menu-note">This browser shows no notifications from here; the tab's title still tells.</p>
            </div>
          </details>
        </div>
      </div>
      <div v-if="isOver" class="bar over" :class="view.tone" aria-hidden="true"><i></i></div>
      <div v-else class="bar" :class="{ unknown: percent === null }" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="percent"><i :style="percent === null ? null : { transform: 'scaleX(' + view.fraction + ')' }"></i></div>
      <p class="run-prompt muted">{{ view.prompt }}</p>
    </div>`,
  props: { view: Object, detail: String, sprite: String },
  emits: ["cancel", "view", "copied"],
  computed: {
    // Failed or cancelled: there is no progress to tell.
    isOver() {
      return !this.view.open && ["bad", "idle"].includes(this.view.tone);
    },
    percent() {
      return typeof this.view.fraction === "number" ? Math.floor(100 * this.view.fraction) : null;
    },
  },
  data() {
    return { notify: kept(NOTIFY), sound: kept(SOUND), blocked: window.Notification?.permission !== "granted" };
  },
  methods: {
    async copy() {
      const link = location.origin + this.view.link;
      try {
        await navigator.clipboard.writeText(link);
      } catch {
        // Without https there is no clipboard for scripts: the old way still works.
        const box = document.createElement("textarea");
        box.value = link;
        document.body.append(box);
        box.select();
        document.execCommand("copy");
        box.remove();
      }
      this.$emit("copied");
    },
    async toggleNotify() {
      this.notify = this.keep(NOTIFY, !this.notify);
      if (this.notify && window.Notification?.permission === "default") await Notification.requestPermission();
      this.blocked = window.Notification?.permission !== "granted";
    },
    toggleSound() {
      this.sound = this.keep(SOUND, !this.sound);
    },
    keep(name, wanted) {
      try {
        localStorage.setItem(name, wanted ? "on" : "off");
      } catch {
        return false; // it can't be kept: then it is off
      }
      return wanted;
    },
  },
};
