// Pictures to make something from. Files are dropped, chosen, pasted or photographed here and go to the server one by one; what stands
// in a place is the server's affair.
export default {
  template: `
    <div class="pictures" @paste="paste">
      <div v-for="place in places" :key="place.role" class="field" role="group" :aria-label="place.label">
        <div class="field-top"><span class="lab">{{ place.label }}</span><span v-if="place.most > 1" class="count mono">{{ place.items.length }} / {{ place.most }}</span></div>
        <ul v-if="place.items.length" class="pictures-row">
          <li v-for="(item, index) in place.items" :key="item.id" class="pictures-item" :class="{ lifted: lifted === item.id, over: over === item.id }" :draggable="place.most > 1" @dragstart="lift($event, place, item)" @dragend="lifted = ''" @dragover.prevent="over = item.id" @dragleave="over = ''" @drop.stop.prevent="drop($event, place, index)">
            <img :src="item.src" :alt="item.name" decoding="async">
            <div class="pictures-tools">
              <button v-if="index > 0" type="button" class="iconbtn" :aria-label="'Move ' + item.name + ' forward'" title="Move forward" @click="$emit('act', 'back', place.role, item.id)"><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-left'"></use></svg></button>
              <button v-if="place.most === 1" type="button" class="iconbtn" :aria-label="'Replace ' + item.name" title="Replace with another of my pictures" @click="$emit('act', 'choose', place.role)"><svg class="i" aria-hidden="true"><use :href="sprite + '#images'"></use></svg></button>
              <button type="button" class="iconbtn" :aria-label="'Crop ' + item.name" title="Crop" @click="$emit('act', 'crop', place.role, item.id)"><svg class="i" aria-hidden="true"><use :href="sprite + '#crop'"></use></svg></button>
              <button type="button" class="iconbtn" :aria-label="'Remove ' + item.name" title="Remove" @click="$emit('act', 'removed', place.role, item.id)"><svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg></button>
            </div>
          </li>
        </ul>
        <div v-if="place.items.length < place.most" class="drop" :class="{ over: over === place.role }" @dragover.prevent="over = place.role" @dragleave="over = ''" @drop.stop.prevent="drop($event, place, -1)">
          <svg class="i" aria-hidden="true"><use :href="sprite + '#upload'"></use></svg>
          <label class="drop-main"><input type="file" class="sr-only" :accept="accept" :multiple="place.most > 1" :aria-label="'Add ' + place.label.toLowerCase()" :aria-invalid="error ? 'true' : null" :aria-describedby="error ? $attrs.id + '-error' : null" @change="pick($event, place)"><span>Drop, paste or <u>choose a picture</u></span></label>
          <div class="drop-more">
            <label v-if="hasCamera" class="chip"><input type="file" class="sr-only" accept="image/*" capture="environment" aria-label="Take a photo" @change="pick($event, place)">Take a photo</label>
            <button type="button" class="chip" @click="$emit('act', 'choose', place.role)">From my pictures</button>
          </div>
        </div>
        <p v-if="place.hint" class="hint">{{ place.hint }}</p>
      </div>
      <ul v-if="going.length" ref="going" class="pictures-going">
        <li v-for="one in going" :key="one.key"><span class="muted">{{ one.name }}</span>
          <template v-if="one.error"><span class="error" role="alert">{{ one.error }}</span><button type="button" class="iconbtn" aria-label="Dismiss" @click="forget(one)"><svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg></button></template>
          <div v-else class="bar" role="progressbar" :aria-label="'Uploading ' + one.name" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="one.percent"><i :style="{ transform: 'scaleX(' + one.percent / 100 + ')' }"></i></div>
        </li>
      </ul>
      <p class="error" role="alert" :id="$attrs.id + '-error'">{{ error }}</p>
    </div>`,
  props: { places: Array, error: String, maxBytes: Number, uploads: String, sprite: String },
  emits: ["act"],
  data() {
    return { going: [], over: "", lifted: "", accept: "image/jpeg,image/png,image/webp,image/gif", hasCamera: matchMedia("(pointer: coarse)").matches };
  },
  mounted() {
    document.addEventListener("paste", this.paste);
    document.addEventListener("dragover", this.hover);
    document.addEventListener("drop", this.beside);
  },
  beforeUnmount() {
    document.removeEventListener("paste", this.paste);
    document.removeEventListener("dragover", this.hover);
    document.removeEventListener("drop", this.beside);
  },
  methods: {
    free() {
      return this.places.find((place) => place.items.length < place.most) || this.places[0];
    },
    pick(event, place) {
      this.take([...event.target.files], place);
      event.target.value = "";
    },
    paste(event) {
      if (event.defaultPrevented) return;
      const files = [...(event.clipboardData?.files || [])];
      const isText = event.target.closest?.("textarea, input") && event.clipboardData.types.includes("text/plain");
      if (!files.length || isText) return; // words go where the cursor is, also those that come with a picture of themselves
      event.preventDefault();
      this.take(files, this.free());
    },
    lift(event, place, item) {
      this.lifted = item.id;
      event.dataTransfer.setData("application/x-nyx-picture", JSON.stringify([place.role, item.id]));
      event.dataTransfer.effectAllowed = "move";
    },
    // A file that misses the place would take the browser away from this page: the whole page is the place.
    hover(event) {
      if (this.places.length && event.dataTransfer.types.includes("Files")) event.preventDefault();
    },
    beside(event) {
      if (event.defaultPrevented || !this.places.length || !event.dataTransfer.files.length) return;
      event.preventDefault();
      this.drop(event, this.free(), -1);
    },
    drop(event, place, at) {
      this.over = "";
      const lifted = event.dataTransfer.getData("application/x-nyx-picture");
      if (lifted) return this.putDown(JSON.parse(lifted), place, at);
      const made = this.madeHere(event.dataTransfer);
      if (made) return this.$emit("act", "added", place.role, made);
      const files = [...event.dataTransfer.files];
      if (files.length) return this.take(files, place);
      this.begin();
      this.say("That is a link, not a picture. Save the picture first, then add the file.");
    },
    // The id of a picture of this app that was dragged here from the results, the history or the gallery in another tab.
    madeHere(sent) {
      const chosen = sent.getData("application/x-nyx-media");
      if (chosen) return JSON.parse(chosen)[0];
      const address = sent.getData("text/uri-list");
      return address.startsWith(location.origin) ? address.match(/\/media\/([0-9a-f]{32})\//)?.[1] : undefined;
    },
    putDown([role, id], place, at) {
      const from = place.items.findIndex((item) => item.id === id);
      if (role !== place.role || from < 0 || at < 0) return;
      for (let i = 0; i < Math.abs(at - from); i++) this.$emit("act", at < from ? "back" : "forth", role, id);
    },
    // What was said about earlier files is over.
    begin() {
      this.going = this.going.filter((one) => !one.error);
    },
    async take(files, place) {
      this.begin();
      const room = place.most === 1 ? 1 : place.most - place.items.length;
      if (room < 1) return this.say("No more pictures fit here. Remove one first.");
      if (files.length > room) this.say(room === 1 ? "Only one picture fits here: the first was taken." : `Only ${room} more pictures fit here: the first ones were taken.`);
      const line = files.slice(0, room).map((file) => [file, this.list(file)]);
      for (const [file, one] of line) await this.send(file, one, place.role); // in the order of the choice: the first has a meaning
    },
    list(file) {
      this.going.push({ key: crypto.randomUUID?.() ?? Math.random(), name: file.name || "Pasted picture", percent: 0, error: "" });
      return this.going[this.going.length - 1];
    },
    send(file, one, role) {
      if (file.size > this.maxBytes) {
        return this.refuse(one, `This file is too large. Up to ${Math.round(this.maxBytes / 1048576)} MB are taken.`);
      }
      const request = new XMLHttpRequest();
      request.open("POST", this.uploads);
      request.responseType = "json";
      request.upload.onprogress = (event) => (one.percent = Math.round((100 * event.loaded) / event.total));
      request.onload = () => {
        if (request.status !== 201) return this.refuse(one, request.response?.message || "The picture did not arrive. Try again.");
        this.$emit("act", "added", role, request.response.id);
        this.forget(one);
      };
      request.onerror = () => this.refuse(one, "The connection was lost. Try again.");
      return new Promise((done) => {
        request.onloadend = done;
        request.send(file);
      });
    },
    say(error) {
      this.going.push({ key: Math.random(), name: "", percent: 0, error: "" });
      this.refuse(this.going[this.going.length - 1], error);
    },
    refuse(one, error) {
      one.error = error;
      this.$nextTick(() => this.$refs.going?.scrollIntoView({ block: "nearest" }));
    },
    forget(one) {
      this.going = this.going.filter((other) => other.key !== one.key);
    },
  },
};
