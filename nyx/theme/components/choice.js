// One choice out of a few as chips (a native radio group), or out of many as a native select.
export default {
  template: `
    <div v-if="chips" class="field" role="radiogroup" :aria-labelledby="$attrs.id + '-lab'">
      <span class="lab" :class="{ 'sr-only': labelHidden }" :id="$attrs.id + '-lab'">{{ label }}</span>
      <div class="chips">
        <label v-for="option in options" :key="option.value" class="chip">
          <input type="radio" :name="name" :value="option.value" v-model="chosen" @change="report">{{ option.text }}
        </label>
      </div>
    </div>
    <div v-else class="field">
      <label class="lab" :class="{ 'sr-only': labelHidden }" :for="$attrs.id + '-in'">{{ label }}</label>
      <div class="select">
        <select :id="$attrs.id + '-in'" :name="name" v-model="chosen" @change="report">
          <option v-for="option in options" :key="option.value" :value="option.value">{{ option.text }}</option>
        </select>
      </div>
    </div>`,
  props: { value: String, options: Array, label: String, name: String, chips: Boolean, labelHidden: Boolean },
  emits: ["update:value"],
  data() {
    return { chosen: this.value };
  },
  watch: {
    value() {
      this.updateValue();
    },
  },
  methods: {
    updateValue() {
      this.chosen = this.value;
    },
    report() {
      this.$emit("update:value", this.chosen);
    },
  },
};
