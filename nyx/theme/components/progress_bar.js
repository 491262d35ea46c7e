// How far something is: a bar that glides to its next value within the second until the next one, and a line of words.
export default {
  template: `
    <div class="progress" role="progressbar" :aria-label="label" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="percent" :aria-valuetext="text || null">
      <div class="bar" :class="{ unknown: percent === null }"><i :style="percent === null ? null : { transform: 'scaleX(' + fraction + ')' }"></i></div>
      <span v-if="text" class="progress-text">{{ text }}</span>
    </div>`,
  props: { label: String, fraction: Number, text: String },
  computed: {
    percent() {
      return typeof this.fraction === "number" ? Math.floor(this.fraction * 100) : null;
    },
  },
};
