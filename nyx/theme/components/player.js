// Plays a clip with controls of our own. Keys work wherever the focus is inside; sound waits for a press.
const REMEMBERED = "nyx-player";
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const HIDE_AFTER_MS = 2500;

export default {
  template: `
    <div ref="root" class="player" :class="{ idle: idle && playing && !trouble, full }" role="group" :aria-label="'Player: ' + (clip.label || 'no clip')" tabindex="-1"
      :style="{ aspectRatio: clip.width + ' / ' + clip.height }" @keydown="press" @pointermove="wake" @pointerleave="idle = true" @focusin="wake">
      <video ref="video" :src="clip.src || null" :poster="clip.poster || null" :aria-label="clip.label" :loop="looping" :width="clip.width" :height="clip.height"
        :style="{ backgroundImage: clip.blur && !length ? 'url(' + clip.blur + ')' : null }" preload="metadata" playsinline @click="toggle" @dblclick="toggleFull"
        @play="began" @pause="playing = false" @ended="playing = false" @durationchange="measure" @loadeddata="measure" @timeupdate="follow" @seeked="follow" @progress="measure"
        @waiting="waiting = true" @playing="waiting = false" @canplay="waiting = false" @error="fail"></video>
      <span v-if="waiting && playing && !trouble" class="ring" aria-hidden="true"></span>
      <button v-if="!started && !trouble" type="button" class="player-start" aria-label="Play" @click="toggle"><svg class="i" aria-hidden="true"><use :href="sprite + '#play'"></use></svg></button>
      <div v-if="trouble" class="player-trouble" role="alert">
        <svg class="i" aria-hidden="true"><use :href="sprite + '#triangle-alert'"></use></svg>
        <p>{{ trouble }}</p>
        <button type="button" class="btn mini" @click="retry"><svg class="i" aria-hidden="true"><use :href="sprite + '#refresh-cw'"></use></svg><span>Try again</span></button>
      </div>
      <div v-else class="player-bar">
        <div class="scrub" @pointermove="hover" @pointerleave="at = null">
          <span class="scrub-track" aria-hidden="true"><i class="loaded" :style="{ width: share(loaded) }"></i><i class="played" :style="{ width: share(time) }"></i></span>
          <input class="scrub-range" type="range" min="0" :max="length || 0" step="any" :value="time" aria-label="Position" :aria-valuetext="spoken" @input="seek(Number($event.target.value))">
          <span v-if="at !== null" class="scrub-time mono" aria-hidden="true" :style="{ left: share(at) }">{{ clock(at) }}</span>
        </div>
        <div class="player-row">
          <button type="button" class="iconbtn" :aria-label="playing ? 'Pause' : 'Play'" title="Play or pause (space)" @click="toggle"><svg class="i" aria-hidden="true"><use :href="sprite + (playing ? '#pause' : '#play')"></use></svg></button>
          <span class="player-time mono" aria-hidden="true">{{ clock(time) }}<i> / {{ clock(length) }}</i></span>
          <span class="grow"></span>
          <template v-if="sound !== false">
            <button type="button" class="iconbtn" :aria-label="silent ? 'Sound on' : 'Sound off'" title="Sound (M)" @click="toggleSound"><svg class="i" aria-hidden="true"><use :href="sprite + (silent ? '#volume-x' : '#volume-2')"></use></svg></button>
            <input class="volume" type="range" min="0" max="1" step="0.05" :value="silent ? 0 : volume" aria-label="Volume" :aria-valuetext="silent ? 'off' : Math.round(volume * 100) + ' %'" @input="setVolume(Number($event.target.value))">
          </template>
          <select class="player-speed mono" aria-label="Speed" title="Speed" :value="speed" @change="setSpeed(Number($event.target.value))">
            <option v-for="choice in speeds" :key="choice" :value="choice">{{ choice }}×</option>
          </select>
          <button type="button" class="iconbtn" aria-label="Repeat" title="Repeat (L)" :aria-pressed="looping ? 'true' : 'false'" @click="looping = !looping"><svg class="i" aria-hidden="true"><use :href="sprite + '#repeat'"></use></svg></button>
          <button v-if="canFloat" type="button" class="iconbtn float" aria-label="Picture in picture" title="Picture in picture" @click="toggleFloat"><svg class="i" aria-hidden="true"><use :href="sprite + '#picture-in-picture-2'"></use></svg></button>
          <a v-if="clip.download" class="iconbtn" :href="clip.download" download aria-label="Download" title="Download"><svg class="i" aria-hidden="true"><use :href="sprite + '#download'"></use></svg></a>
          <button type="button" class="iconbtn" :aria-label="full ? 'Leave full screen' : 'Full screen'" title="Full screen (F)" @click="toggleFull"><svg class="i" aria-hidden="true"><use :href="sprite + (full ? '#minimize' : '#maximize')"></use></svg></button>
        </div>
      </div>
    </div>`,
  props: { clip: Object, sprite: String, autoplay: Boolean, repeat: Boolean },
  data() {
    return {
      playing: false, started: false, waiting: false, idle: false, full: false, trouble: "", time: 0, length: 0, loaded: 0, at: null, sound: null,
      volume: 1, muted: false, hushed: false, speed: 1, speeds: SPEEDS, looping: this.repeat, canFloat: false,
    };
  },
  computed: {
    silent() {
      return this.hushed || this.muted || this.volume === 0;
    },
    spoken() {
      return `${this.time.toFixed(1)} of ${this.length.toFixed(1)} seconds`;
    },
  },
  watch: {
    "clip.src"() {
      Object.assign(this, { playing: false, started: false, waiting: false, trouble: "", time: 0, length: 0, loaded: 0, at: null, sound: null });
      this.frame = null;
      this.$nextTick(this.begin);
    },
  },
  mounted() {
    try {
      const remembered = JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
      this.muted = remembered.muted === true;
      if (remembered.volume > 0 && remembered.volume <= 1) this.volume = remembered.volume;
    } catch {} // nothing is remembered, or nothing may be
    this.canFloat = document.pictureInPictureEnabled === true;
    this.onFull = () => (this.full = document.fullscreenElement === this.$refs.root);
    document.addEventListener("fullscreenchange", this.onFull);
    this.begin();
  },
  beforeUnmount() {
    document.removeEventListener("fullscreenchange", this.onFull);
    clearTimeout(this.sleepy);
    cancelAnimationFrame(this.drawing);
    this.$refs.video.pause();
  },
  methods: {
    // What plays by itself is silent, whatever was chosen before.
    begin() {
      const wanted = this.autoplay && this.clip.src && !matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.hushed = Boolean(wanted);
      this.tune();
      if (wanted) this.play();
    },
    tune() {
      const video = this.$refs.video;
      video.muted = this.silent;
      video.volume = this.volume;
      video.playbackRate = this.speed;
    },
    play() {
      this.$refs.video.play().catch(() => (this.playing = false)); // the browser may refuse; an error says so itself
    },
    toggle() {
      if (this.trouble) return;
      if (!this.$refs.video.paused) return this.$refs.video.pause();
      if (!this.started) this.hushed = false; // this press is what sound waits for
      this.tune();
      this.play();
    },
    began() {
      this.playing = this.started = true;
      this.wake();
      this.draw();
      this.watchFrames();
    },
    draw() {
      cancelAnimationFrame(this.drawing);
      this.drawing = requestAnimationFrame(() => {
        if (!this.playing) return;
        this.follow();
        this.draw();
      });
    },
    follow() {
      const video = this.$refs.video;
      if (!video) return;
      this.time = video.currentTime;
      this.listen(video);
    },
    measure() {
      const video = this.$refs.video;
      this.length = Number.isFinite(video.duration) ? video.duration : 0;
      this.loaded = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0;
      this.listen(video);
    },
    // Browsers tell in different ways whether there is sound; Chromium only once it has decoded some.
    listen(video) {
      if (this.sound !== null || video.readyState < 2) return;
      if (video.audioTracks || "mozHasAudio" in video) this.sound = video.mozHasAudio ?? video.audioTracks.length > 0;
      else if (video.webkitAudioDecodedByteCount > 0) this.sound = true;
      else if ("webkitAudioDecodedByteCount" in video && video.currentTime > 0.4) this.sound = false;
    },
    // The shortest time between two frames is the length of one.
    watchFrames() {
      const video = this.$refs.video;
      let last = null;
      const look = (_, { mediaTime }) => {
        if (last !== null && mediaTime > last + 0.001) this.frame = Math.min(this.frame ?? 1, mediaTime - last);
        last = mediaTime;
        if (this.playing && this.$refs.video === video) video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback?.(look);
    },
    seek(to) {
      this.$refs.video.currentTime = this.time = Math.min(Math.max(0, to), this.length);
    },
    stepFrame(direction) {
      this.$refs.video.pause();
      this.seek(this.$refs.video.currentTime + direction * (this.frame ?? 1 / 24));
    },
    toggleSound() {
      const silent = this.silent;
      this.hushed = false;
      this.muted = !silent;
      if (silent && this.volume === 0) this.volume = 1;
      this.remember();
    },
    setVolume(volume) {
      this.hushed = false;
      this.muted = volume === 0;
      if (volume > 0) this.volume = volume;
      this.remember();
    },
    remember() {
      this.tune();
      try {
        localStorage.setItem(REMEMBERED, JSON.stringify({ muted: this.muted, volume: this.volume }));
      } catch {} // it holds for this clip
    },
    setSpeed(speed) {
      this.speed = speed;
      this.tune();
    },
    toggleFull() {
      if (document.fullscreenElement === this.$refs.root) return document.exitFullscreen();
      if (this.$refs.root.requestFullscreen) return this.$refs.root.requestFullscreen().catch(() => {});
      this.$refs.video.webkitEnterFullscreen?.(); // phones that show nothing but a video full
    },
    toggleFloat() {
      if (document.pictureInPictureElement === this.$refs.video) return document.exitPictureInPicture();
      this.$refs.video.requestPictureInPicture().catch(() => {});
    },
    async fail() {
      const video = this.$refs.video;
      if (!video?.error || !this.clip.src) return;
      const { src } = this.clip;
      let trouble = video.error.code === MediaError.MEDIA_ERR_DECODE ? "This clip can't be played: it is damaged, or this browser does not know its kind." : "";
      if (!trouble) {
        const found = await fetch(src, { method: "HEAD" }).catch(() => null);
        trouble = !found ? "The clip could not be loaded. Is there a connection?" : found.ok ? "This browser can't play this kind of clip. It can still be downloaded." : "The clip is not here any more.";
      }
      if (src === this.clip.src) Object.assign(this, { trouble, playing: false });
    },
    retry() {
      this.trouble = "";
      this.$refs.video.load();
      this.tune();
      this.play();
      this.$refs.root.focus();
    },
    wake() {
      this.idle = false;
      clearTimeout(this.sleepy);
      this.sleepy = setTimeout(() => (this.idle = !this.$el.querySelector(".player-bar :focus-visible")), HIDE_AFTER_MS);
    },
    hover(event) {
      const box = event.currentTarget.getBoundingClientRect();
      this.at = event.pointerType === "touch" ? null : Math.min(Math.max(0, (event.clientX - box.left) / box.width), 1) * this.length;
    },
    press(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target.tagName === "SELECT") return;
      const isButton = event.target.closest("button, a") !== null;
      const isVolume = event.target.classList.contains("volume");
      const acts = {
        ArrowLeft: isVolume ? null : () => this.seek(this.$refs.video.currentTime - 1),
        ArrowRight: isVolume ? null : () => this.seek(this.$refs.video.currentTime + 1),
        " ": isButton ? null : this.toggle,
        ",": () => this.stepFrame(-1),
        ".": () => this.stepFrame(1),
        m: this.sound === false ? null : this.toggleSound,
        l: () => (this.looping = !this.looping),
        f: this.toggleFull,
      };
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (isVolume && key.startsWith("Arrow")) event.stopPropagation(); // the range's own
      if (!acts[key] || this.trouble) return;
      event.preventDefault();
      event.stopPropagation(); // around us the same keys may mean something else
      this.wake();
      acts[key]();
    },
    share(seconds) {
      return `${this.length ? Math.min(100, (100 * seconds) / this.length) : 0}%`;
    },
    // Tenths for what is short: that is how clips are looked at.
    clock(seconds) {
      const shown = Math.floor(seconds * 10 + 0.01) / 10;
      const whole = Math.floor(shown);
      const tenths = this.length < 60 ? `.${Math.round((shown - whole) * 10)}` : "";
      return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}${tenths}`;
    },
  },
};
