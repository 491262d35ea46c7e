// One output: a waiting place with its real stage, then the picture over its blur or the clip in its player, or a sentence when it went wrong.
import Player from "nyx-theme/player.js";

export default {
  components: { Player },
  template: `
    <div class="tile" :class="[view.tone, { clip: view.clip }]" role="group" :aria-label="view.name">
      <template v-if="view.src">
        <img v-if="view.blur" class="glow" :src="view.blur" alt="">
        <player v-if="view.clip" :clip="view.clip" :sprite="sprite" :repeat="true"></player>
        <button v-else type="button" class="open" :aria-label="'Open large: ' + view.name" @click="act('large')">
          <img :src="view.src" :alt="view.alt" :class="{ waiting: !shown }" decoding="async" @load="shown = true" @error="shown = true">
        </button>
        <div class="tools">
          <a class="iconbtn" :href="view.download" download :aria-label="'Download ' + view.name" title="Download"><svg class="i" aria-hidden="true"><use :href="sprite + '#download'"></use></svg></a>
          <button type="button" class="iconbtn" :aria-pressed="view.favourite ? 'true' : 'false'" :aria-label="'Favourite ' + view.name" title="Favourite" @click="act('favourite')"><svg class="i" aria-hidden="true"><use :href="sprite + '#heart'"></use></svg></button>
          <button type="button" class="iconbtn" :aria-label="'Reuse the settings of ' + view.name" title="Reuse settings" @click="act('reuse')"><svg class="i" aria-hidden="true"><use :href="sprite + '#rotate-ccw'"></use></svg></button>
          <button type="button" class="iconbtn" :aria-label="'Open ' + view.name + ' large'" title="Open large" @click="act('large')"><svg class="i" aria-hidden="true"><use :href="sprite + '#maximize-2'"></use></svg></button>
          <button ref="more" type="button" class="iconbtn" :popovertarget="$attrs.id + '-more'" :aria-label="'More for ' + view.name" title="More"><svg class="i" aria-hidden="true"><use :href="sprite + '#ellipsis'"></use></svg></button>
        </div>
        <div :id="$attrs.id + '-more'" ref="panel" popover class="menu-panel tile-menu" role="menu" :aria-label="'More for ' + view.name" @toggle="place" @keydown.down.prevent="walk(1)" @keydown.up.prevent="walk(-1)">
          <a v-for="link in view.links" :key="link.text" class="menu-item" role="menuitem" :href="link.href"><svg class="i" aria-hidden="true"><use :href="sprite + '#' + link.icon"></use></svg><span>{{ link.text }}</span></a>
          <button v-if="view.clip" type="button" class="menu-item" role="menuitem" @click="frame"><svg class="i" aria-hidden="true"><use :href="sprite + '#clapperboard'"></use></svg><span>Video from this frame</span></button>
          <button v-for="choice in view.acts" :key="choice.name" type="button" class="menu-item" role="menuitem" @click="choose(choice.name)"><svg class="i" aria-hidden="true"><use :href="sprite + '#' + choice.icon"></use></svg><span>{{ choice.text }}</span></button>
          <div class="tile-formats"><span class="muted">Download as</span><a v-for="format in view.formats" :key="format.text" class="chip" role="menuitem" :href="format.href" download data-prepare>{{ format.text }}</a><span class="tile-said" data-prepare-said role="status"></span></div>
        </div>
        <p v-if="said" class="tile-word" role="status">{{ said }}</p>
      </template>
      <div v-else class="state">
        <span v-if="view.tone === 'busy'" class="ring" aria-hidden="true"></span>
        <svg v-else class="i" aria-hidden="true"><use :href="sprite + '#' + view.icon"></use></svg>
        <b>{{ view.stage }}</b>
        <ol v-if="view.step" class="steps" aria-hidden="true">
          <li v-for="step in view.steps" :key="step" :class="{ on: view.steps.indexOf(step) < view.step }">{{ step }}</li>
        </ol>
        <div v-if="typeof view.fraction === 'number'" class="bar" role="progressbar" :aria-label="view.name" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="Math.floor(100 * view.fraction)"><i :style="{ transform: 'scaleX(' + view.fraction + ')' }"></i></div>
        <p v-if="view.text">{{ view.text }}</p>
        <button v-if="view.retry" type="button" class="btn mini" @click="act('retry')"><svg class="i" aria-hidden="true"><use :href="sprite + '#refresh-cw'"></use></svg><span>{{ view.retry }}</span></button>
        <button v-if="view.deleted" type="button" class="btn mini" @click="act('restore')"><svg class="i" aria-hidden="true"><use :href="sprite + '#rotate-ccw'"></use></svg><span>Bring it back</span></button>
      </div>
    </div>`,
  props: { view: Object, sprite: String },
  emits: ["act"],
  data() {
    return { shown: false, said: "" };
  },
  methods: {
    act(name) {
      this.$emit("act", name);
    },
    choose(name) {
      this.$refs.panel.hidePopover();
      name === "copy-prompt" ? this.copy() : this.act(name);
    },
    say(words) {
      this.said = words;
      setTimeout(() => (this.said = ""), 4000);
    },
    async copy() {
      try {
        await navigator.clipboard.writeText(this.view.prompt);
        this.say("The prompt is copied.");
      } catch {
        this.say("This browser does not let us copy.");
      }
    },
    // The top layer knows nothing of the tile: stand beside its button, within the window.
    place(event) {
      if (event.newState !== "open") return;
      const panel = this.$refs.panel, button = this.$refs.more.getBoundingClientRect();
      const width = panel.offsetWidth, height = panel.offsetHeight;
      panel.style.left = Math.max(8, Math.min(button.right - width, innerWidth - width - 8)) + "px";
      panel.style.top = (button.top - height > 8 ? button.top - height - 6 : Math.min(button.bottom + 6, innerHeight - height - 8)) + "px";
      this.walk(1);
    },
    walk(step) {
      const items = [...this.$refs.panel.querySelectorAll("[role=menuitem]")], at = items.indexOf(document.activeElement);
      items[(at + step + items.length) % items.length]?.focus();
    },
    // What is to be seen right now becomes the first frame of another clip.
    async frame() {
      this.$refs.panel.hidePopover();
      const video = this.$el.querySelector("video");
      if (!video.played.length) {
        // Until it is played or moved, a browser has only the poster to show: a frame drawn now would be empty.
        await new Promise((go) => (video.addEventListener("seeked", go, { once: true }), setTimeout(go, 5000), (video.currentTime += 0.001)));
      }
      const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
      if (video.readyState < 2) return this.say("Play the clip first, then stop it where you like it.");
      canvas.getContext("2d").drawImage(video, 0, 0);
      canvas.toBlob(async (blob) => {
        try {
          const answer = await fetch("/api/uploads", { method: "POST", body: blob });
          const told = await answer.json();
          answer.ok ? location.assign("/studio/image-to-video?picture=" + encodeURIComponent(told.id)) : this.say(told.message);
        } catch {
          this.say("The connection was lost. Try again.");
        }
      }, "image/png");
    },
  },
};
