// Cut a piece out of a picture: a frame of a chosen shape that is moved and resized with the mouse, a finger or the arrow keys.
export default {
  template: `
    <div class="cropper">
      <div class="chips" role="radiogroup" aria-label="Shape">
        <label v-for="shape in shapes" :key="shape" class="chip"><input type="radio" :name="$attrs.id + '-shape'" :value="shape" v-model="ratio" @change="reset">{{ shape === 'free' ? 'Free' : shape }}</label>
      </div>
      <div class="cropper-stage" ref="stage">
        <img ref="image" :src="src" :alt="name" draggable="false" @load="reset">
        <div v-if="box" class="cropper-frame" tabindex="0" role="group" aria-label="The piece to keep. Arrow keys move it, plus and minus resize it." :style="style" @pointerdown="grab($event, 'move')" @keydown="key">
          <span class="cropper-corner" @pointerdown.stop="grab($event, 'size')"></span>
        </div>
      </div>
      <p class="muted mono">{{ words }}</p>
      <div class="dialog-actions">
        <button type="button" class="btn primary" :disabled="!box" @click="$emit('crop', pixels)"><span>Use this piece</span></button>
      </div>
    </div>`,
  props: { src: String, name: String, shapes: Array, wanted: String },
  emits: ["crop"],
  data() {
    return { ratio: this.wanted, box: null, natural: [1, 1] };
  },
  watch: {
    src() {
      this.box = null;
    },
    wanted() {
      this.ratio = this.wanted;
      this.reset();
    },
  },
  computed: {
    style() {
      const [x, y, w, h] = this.box;
      return { left: 100 * x + "%", top: 100 * y + "%", width: 100 * w + "%", height: 100 * h + "%" };
    },
    pixels() {
      if (!this.box) return [0, 0, 1, 1];
      const [x, y, w, h] = this.box, [W, H] = this.natural;
      const left = Math.round(x * W), top = Math.round(y * H);
      return [left, top, Math.max(1, Math.min(Math.round(w * W), W - left)), Math.max(1, Math.min(Math.round(h * H), H - top))];
    },
    words() {
      return this.box ? `${this.pixels[2]} × ${this.pixels[3]} of ${this.natural[0]} × ${this.natural[1]}` : "";
    },
  },
  methods: {
    shape() {
      if (this.ratio === "free") return null;
      const [across, down] = this.ratio.split(":").map(Number);
      return (across / down) * (this.natural[1] / this.natural[0]); // width by height, as shares of the picture
    },
    reset() {
      const image = this.$refs.image;
      if (!image?.naturalWidth) return;
      this.natural = [image.naturalWidth, image.naturalHeight];
      const shape = this.shape();
      const w = shape ? Math.min(1, shape) : 1, h = shape ? Math.min(1, 1 / shape) : 1;
      this.box = [(1 - w) / 2, (1 - h) / 2, w, h];
    },
    place(x, y, w, h) {
      const shape = this.shape();
      w = Math.min(1, Math.max(0.05, w));
      h = shape ? w / shape : Math.min(1, Math.max(0.05, h));
      if (h > 1) { h = 1; w = shape * h; }
      this.box = [Math.min(Math.max(0, x), 1 - w), Math.min(Math.max(0, y), 1 - h), w, h];
    },
    grab(event, what) {
      event.preventDefault();
      const area = this.$refs.image.getBoundingClientRect(), start = [event.clientX, event.clientY], [x, y, w, h] = this.box;
      const move = (now) => {
        const dx = (now.clientX - start[0]) / area.width, dy = (now.clientY - start[1]) / area.height;
        what === "move" ? this.place(x + dx, y + dy, w, h) : this.place(x, y, Math.min(w + dx, 1 - x), Math.min(h + dy, 1 - y));
      };
      const stop = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", stop); };
      addEventListener("pointermove", move);
      addEventListener("pointerup", stop);
    },
    key(event) {
      const steps = { ArrowLeft: [-0.02, 0, 0], ArrowRight: [0.02, 0, 0], ArrowUp: [0, -0.02, 0], ArrowDown: [0, 0.02, 0], "+": [0, 0, 0.03], "-": [0, 0, -0.03] };
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      const [x, y, w, h] = this.box;
      this.place(x + step[0], y + step[1], w + step[2], h + step[2]);
    },
  },
};
