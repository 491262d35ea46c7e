// The wall: justified rows of cards that know their shape before their picture. Only rows near the window exist; what is known of
// the others is plain data that Vue does not watch. Says what is opened, chosen and wanted next; the rest is the server's.
const OVERSCAN = 700; // pixels above and below the window that have their cards
const AHEAD = 1600; // pixels before the end at which the next page is asked for
const HOLD_MS = 450; // a touch this long chooses
const MOST = 500; // chosen at once
const [NEAR, FAR] = [150, 500]; // cards from the window: within the first all is known, beyond the second the words are let go

export default {
  template: `
    <div class="wall-box" :class="{ choosing: chosen.size, stale: waiting }">
      <ul ref="list" class="wall" role="list" :style="{ height: height + 'px' }" @keydown="press" @focusin="noteFocus">
        <li v-for="card in shown" :key="card.item.id" class="g-item" :class="{ chosen: chosen.has(card.item.id) }" :aria-posinset="card.at + 1" :aria-setsize="after ? -1 : count"
          :style="{ transform: 'translate(' + card.x + 'px,' + card.y + 'px)', width: card.w + 'px', height: card.h + 'px' }">
          <a class="g-card" :href="hrefOf(card.item)" :data-at="card.at" :tabindex="card.at === focus ? 0 : -1" :draggable="!trash" :aria-label="card.item.alt || 'Picture'" :aria-description="chosen.has(card.item.id) ? 'Chosen' : null"
            :style="{ backgroundImage: card.item.blur ? 'url(' + card.item.blur + ')' : null }"
            @click="click($event, card)" @dragstart="drag($event, card)" @dragend="endDrag" @touchstart.passive="touch(card)" @touchmove.passive="release" @touchend="release" @touchcancel="release" @contextmenu="menu" @pointerenter="look(card.item, $event)" @pointerleave="look(null)">
            <img v-if="srcOf(card.item) && !broken[card.item.id]" :src="srcOf(card.item)" alt="" decoding="async" draggable="false" :class="{ waiting: !loaded.has(card.item.id) }" @load="arrive($event, card.item)" @error="broken[card.item.id] = true">
            <span v-else-if="broken[card.item.id]" class="lost"><svg class="i" aria-hidden="true"><use :href="sprite + '#cloud-off'"></use></svg>This could not be loaded</span>
            <video v-if="moving === card.item.id" :src="'/media/' + card.item.id + '/clip-preview'" muted loop autoplay playsinline aria-hidden="true" tabindex="-1"></video>
            <span v-if="card.item.length" class="kind"><svg class="i" aria-hidden="true"><use :href="sprite + '#film'"></use></svg>{{ card.item.length }}</span>
            <span v-if="card.item.favourite" class="loved"><svg class="i" aria-hidden="true"><use :href="sprite + '#heart'"></use></svg><span class="sr-only">Favourite</span></span>
            <span class="cap" aria-hidden="true"><span>{{ card.item.alt }}</span></span>
          </a>
          <button type="button" class="tick" tabindex="-1" :aria-pressed="chosen.has(card.item.id)" :aria-label="'Choose: ' + card.item.alt" @click="tick($event, card.at)"><svg class="i" aria-hidden="true"><use :href="sprite + '#check'"></use></svg></button>
        </li>
      </ul>
      <div class="load-more">
        <p v-if="failed" class="muted" role="alert">This could not be read. <button type="button" class="btn mini" @click="retry">Try again</button></p>
        <p v-else-if="asked" class="muted" role="status"><svg class="i spin" aria-hidden="true"><use :href="sprite + '#loader-circle'"></use></svg>Loading…</p>
        <a v-if="!newest" class="btn mini" :href="base">First page</a>
        <a v-if="after" class="btn mini" rel="next" :href="nextHref">Next page</a>
      </div>
      <span class="sr-only" role="status">{{ said }}</span>
    </div>`,
  props: { first: Object, endless: Boolean, trash: Boolean, newest: Boolean, base: String, sprite: String },
  emits: ["open", "more", "check", "act"],
  data() {
    return { shown: [], height: 0, count: 0, after: null, asked: null, failed: false, waiting: false, chosen: new Set(), focus: 0, broken: {}, said: "", moving: "" };
  },
  computed: {
    nextHref() {
      return this.base + (this.base.includes("?") ? "&" : "?") + "after=" + encodeURIComponent(this.after);
    },
  },
  watch: {
    first() {
      this.begin();
    },
  },
  created() {
    Object.assign(this, { items: [], rows: [], known: new Set(), removed: new Map(), loaded: new Set(), opened: null, anchor: null, frame: 0, width: 0, lightAt: 0 });
  },
  mounted() {
    this.onScroll = () => (this.frame ||= requestAnimationFrame(() => ((this.frame = 0), this.draw())));
    this.onBusy = () => (this.waiting = true);
    this.onClear = () => this.choose([]);
    addEventListener("scroll", this.onScroll, { passive: true });
    addEventListener("gallery-query", this.onBusy);
    addEventListener("gallery-clear", this.onClear);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.$refs.list);
    this.begin();
  },
  beforeUnmount() {
    clearTimeout(this.pause);
    removeEventListener("scroll", this.onScroll);
    removeEventListener("gallery-query", this.onBusy);
    removeEventListener("gallery-clear", this.onClear);
    this.observer.disconnect();
  },
  methods: {
    // A clip moves while a mouse rests on it, not while one passes over it.
    look(item, event) {
      clearTimeout(this.pause);
      this.moving = "";
      if (!item?.length || this.trash || event.pointerType !== "mouse" || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      this.pause = setTimeout(() => (this.moving = item.id), 150);
    },

    // Data

    begin() {
      this.items = [];
      this.known = new Set();
      this.focus = this.lightAt = 0;
      this.removed.clear();
      this.waiting = false;
      this.failed = false;
      this.choose([]);
      this.add(this.first);
    },
    append(page) {
      if (page.asked !== this.asked) return; // of another view
      this.asked = null;
      this.add(page);
    },
    add({ items, after }) {
      const from = this.items.length;
      for (const item of items) {
        if (this.known.has(item.id)) continue;
        this.known.add(item.id);
        this.items.push(Object.freeze(item));
      }
      this.after = after;
      if (after === null || !this.asked) this.asked = null;
      this.layOut(from);
      this.draw();
    },
    merge({ changed, gone, head, after }) {
      const fresh = new Map([...changed, ...head].map((item) => [item.id, Object.freeze(item)]));
      const lost = new Set(gone);
      for (const id of fresh.keys()) delete this.broken[id];
      this.items.forEach((item, at) => lost.has(item.id) && this.removed.set(item.id, at));
      let items = this.items.filter((item) => !lost.has(item.id)).map((item) => fresh.get(item.id) || item);
      const back = changed.filter((item) => !this.known.has(item.id) && this.removed.has(item.id)); // an undo
      for (const item of back.sort((one, other) => this.removed.get(one.id) - this.removed.get(other.id))) {
        items.splice(Math.min(this.removed.get(item.id), items.length), 0, fresh.get(item.id));
        this.removed.delete(item.id);
      }
      if (head.length) {
        // It is how the wall begins now; what is known beyond follows, unless so much has come that nothing says what is in between.
        const begin = new Set(head.map((item) => item.id));
        const rest = items.some((item) => begin.has(item.id)) ? items.filter((item) => !begin.has(item.id)) : [];
        items = [...head.map((item) => fresh.get(item.id)), ...rest];
        if (!rest.length) [this.after, this.asked] = [after, null];
      }
      this.keepPlace(() => {
        this.items = items;
        this.known = new Set(items.map((item) => item.id));
        this.choose([...this.chosen].filter((id) => this.known.has(id)));
        this.layOut(0);
      });
    },
    check() {
      const middle = this.shown.length ? this.shown[0].at : 0;
      const near = this.items.slice(Math.max(0, middle - MOST / 2)).slice(0, MOST);
      if (near.length) this.$emit("check", near.map((item) => item.id));
    },
    fail() {
      this.failed = true;
      this.waiting = false;
      this.asked = null;
    },
    retry() {
      this.failed = false;
      this.draw();
    },
    more() {
      if (!this.after || this.asked || this.failed) return;
      this.asked = this.after;
      this.$emit("more", this.after);
    },

    // Layout

    measures() {
      const phone = innerWidth <= 760;
      return { width: this.$refs.list.clientWidth, target: phone ? 140 : 220, gap: phone ? 6 : 10 };
    },
    layOut(from) {
      const { width, target, gap } = this.measures();
      this.width = width;
      this.count = this.items.length;
      if (!width) return;
      while (this.rows.length && this.rows[this.rows.length - 1].to >= from) this.rows.pop(); // the last row was not full
      let at = this.rows.length ? this.rows[this.rows.length - 1].to : 0;
      let y = this.rows.length ? this.rows[this.rows.length - 1].bottom + gap : 0;
      while (at < this.items.length) {
        let to = at;
        let ratio = 0;
        while (to < this.items.length && ratio * target + (to - at - 1) * gap < width) ratio += this.items[to++].ratio;
        const isFull = ratio * target + (to - at - 1) * gap >= width;
        const h = isFull ? (width - (to - at - 1) * gap) / ratio : target;
        this.rows.push({ at, to, y, h, bottom: y + h });
        y += h + gap;
        at = to;
      }
      this.height = Math.max(0, y - gap);
    },
    resize() {
      if (this.$refs.list.clientWidth !== this.width) this.keepPlace(() => ((this.rows = []), this.layOut(0)));
    },
    keepPlace(change) {
      const held = this.top() > 0 ? this.rows[this.rowAt(this.top())] : null;
      const item = held && this.items[held.at];
      const offset = held ? this.top() - held.y : 0;
      this.rows = [];
      change();
      const at = item ? this.items.findIndex((one) => one.id === item.id) : -1;
      const row = at >= 0 ? this.rows.find((one) => one.to > at) : null;
      if (row) scrollBy({ top: row.y + offset - this.top(), behavior: "instant" });
      this.draw();
    },
    top() {
      return -this.$refs.list.getBoundingClientRect().top;
    },
    rowAt(y) {
      let low = 0;
      let high = this.rows.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.rows[middle].bottom < y) low = middle + 1;
        else high = middle;
      }
      return Math.max(0, low);
    },
    draw() {
      if (!this.$refs.list) return;
      const top = this.top();
      const { gap } = this.measures();
      const cards = [];
      for (let number = this.rowAt(top - OVERSCAN); number < this.rows.length && this.rows[number].y < top + innerHeight + OVERSCAN; number++) {
        const row = this.rows[number];
        let x = 0;
        for (let at = row.at; at < row.to; at++) {
          const w = this.items[at].ratio * row.h;
          cards.push({ item: this.items[at], at, x, y: row.y, w, h: row.h });
          x += w + gap;
        }
      }
      if (cards.length && !cards.some((card) => card.at === this.focus) && !this.$refs.list.contains(document.activeElement)) this.focus = cards[0].at;
      const same = cards.length === this.shown.length && cards.every((card, index) => card.item === this.shown[index].item && card.y === this.shown[index].y && card.w === this.shown[index].w);
      if (!same) this.shown = cards.map(Object.freeze);
      if (cards.length) this.keepLight(cards[0].at, cards[cards.length - 1].at);
      if (this.endless && this.height - top - innerHeight < AHEAD) this.more();
    },

    keepLight(from, to) {
      if (Math.abs(from - this.lightAt) < 50) return; // a few rows at a time
      this.lightAt = from;
      const wanted = [];
      for (let at = 0; at < this.items.length; at++) {
        const item = this.items[at];
        const away = Math.max(from - at, at - to);
        if (away > FAR && !item.light && !this.chosen.has(item.id)) {
          this.items[at] = Object.freeze({ ...item, alt: "", blur: "", light: true });
          this.loaded.delete(item.id);
        } else if (away < NEAR && item.light) wanted.push(item.id);
      }
      if (wanted.length) this.$emit("check", wanted.slice(0, MOST));
    },

    // Cards

    srcOf(item) {
      // A clip without a thumbnail has nothing to show in a picture element yet; of what is in the trash there are thumbnails only.
      return item.thumb || !(item.length || this.trash) ? "/media/" + item.id + "/thumb" : "";
    },
    hrefOf(item) {
      // For a new tab; a lone clip would not play there, because files are sent sandboxed.
      return "/media/" + item.id + (this.trash ? "/preview" : item.length ? "/original?download=1" : "/original");
    },
    arrive(event, item) {
      this.loaded.add(item.id);
      event.target.classList.remove("waiting");
    },
    click(event, card) {
      if (event.button) return;
      event.preventDefault();
      if (this.held) return void (this.held = false);
      if (event.ctrlKey || event.metaKey || event.shiftKey || this.chosen.size) return this.tick(event, card.at);
      this.open(card.at);
    },
    open(at) {
      const item = this.items[at];
      if (!item) return;
      this.opened = item.id;
      this.openedAt = at;
      this.focus = at;
      this.$emit("open", { id: item.id, at, newer: at > 0, older: at + 1 < this.items.length || !!this.after });
    },
    step(step) {
      const at = this.items.findIndex((item) => item.id === this.opened) + step;
      if (at < 0) return;
      if (at < this.items.length) {
        if (at + 12 > this.items.length) this.more();
        return this.open(at);
      }
      this.more(); // the person presses again when it is there
    },
    next() {
      if (this.items.length) this.open(Math.min(this.openedAt, this.items.length - 1));
    },
    download(address) {
      const link = document.createElement("a");
      link.href = address;
      link.download = "";
      link.click();
    },

    // Choosing

    choose(ids) {
      this.chosen = new Set(ids.slice(0, MOST));
      if (!ids.length) this.anchor = null;
      this.said = ids.length ? this.chosen.size + " chosen" : "";
      dispatchEvent(new CustomEvent("gallery-chosen", { detail: [...this.chosen].map((id) => this.items.find((item) => item.id === id)).filter(Boolean) }));
    },
    tick(event, at) {
      const id = this.items[at].id;
      if (event?.shiftKey && this.anchor !== null) {
        const [from, to] = [Math.min(this.anchor, at), Math.max(this.anchor, at)];
        this.choose([...new Set([...this.chosen, ...this.items.slice(from, to + 1).map((item) => item.id)])]);
      } else {
        this.choose(this.chosen.has(id) ? [...this.chosen].filter((one) => one !== id) : [...this.chosen, id]);
        this.anchor = at;
      }
      this.focus = at;
    },
    touch(card) {
      this.held = false;
      this.timer = setTimeout(() => {
        this.held = true;
        this.tick(null, card.at);
        navigator.vibrate?.(15);
      }, HOLD_MS);
    },
    release() {
      clearTimeout(this.timer);
    },
    menu(event) {
      if (this.held) event.preventDefault();
    },
    drag(event, card) {
      if (matchMedia("(pointer: coarse)").matches) return event.preventDefault(); // a long touch chooses
      const ids = this.chosen.has(card.item.id) ? [...this.chosen] : [card.item.id];
      event.dataTransfer.setData("application/x-nyx-media", JSON.stringify(ids));
      event.dataTransfer.effectAllowed = "copy";
      document.documentElement.classList.add("dragging-media");
    },
    endDrag() {
      document.documentElement.classList.remove("dragging-media");
    },

    // Keyboard

    noteFocus(event) {
      const at = event.target.dataset?.at;
      if (at !== undefined) this.focus = Number(at);
    },
    press(event) {
      const moves = { ArrowLeft: () => this.focus - 1, ArrowRight: () => this.focus + 1, ArrowUp: () => this.beside(-1), ArrowDown: () => this.beside(1), Home: () => 0, End: () => this.items.length - 1 };
      const isCommand = event.ctrlKey || event.metaKey;
      if (isCommand && event.key.toLowerCase() === "a") this.choose(this.items.map((item) => item.id));
      else if (isCommand || event.altKey) return;
      else if (event.key in moves) this.move(moves[event.key](), event.shiftKey);
      else if (event.key === " ") this.tick(event, this.focus);
      else if (event.key === "Escape" && this.chosen.size) this.choose([]);
      else if (event.key === "Delete" && !this.trash) this.remove();
      else if (event.key === "Enter" && this.chosen.size) this.open(this.focus);
      else return;
      event.preventDefault();
    },
    beside(step) {
      const number = this.rows.findIndex((row) => row.to > this.focus);
      const [row, next] = [this.rows[number], this.rows[number + step]];
      if (!next) return this.focus;
      const centre = (of, at) => this.items.slice(of.at, at).reduce((sum, item) => sum + item.ratio, this.items[at].ratio / 2) * of.h;
      const wanted = centre(row, this.focus);
      let best = next.at;
      for (let at = next.at; at < next.to; at++) if (Math.abs(centre(next, at) - wanted) < Math.abs(centre(next, best) - wanted)) best = at;
      return best;
    },
    move(at, isRange) {
      at = Math.max(0, Math.min(this.items.length - 1, at));
      if (isRange && this.anchor === null) this.anchor = this.focus;
      if (isRange) this.choose([...new Set([...this.chosen, ...this.items.slice(Math.min(this.anchor, at), Math.max(this.anchor, at) + 1).map((item) => item.id)])]);
      this.focus = at;
      const row = this.rows.find((one) => one.to > at);
      const [top, bottom] = [row.y - this.top(), row.bottom - this.top()];
      if (top < 80) scrollBy({ top: top - 80, behavior: "instant" });
      else if (bottom > innerHeight - 16) scrollBy({ top: bottom - innerHeight + 16, behavior: "instant" });
      this.draw();
      this.$nextTick(() => this.$refs.list.querySelector(`[data-at="${at}"]`)?.focus({ preventScroll: true }));
    },
    remove() {
      const ids = this.chosen.size ? [...this.chosen] : this.items[this.focus] ? [this.items[this.focus].id] : [];
      if (ids.length) this.$emit("act", { act: "trash", ids });
    },
  },
};
