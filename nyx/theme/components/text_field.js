// A labelled text input or textarea with counter, hint and error; it keeps what is typed and reports it a moment later.
const PAUSE_MS = 250;

export default {
  template: `
    <div class="field">
      <div class="field-top" :class="{ 'sr-only': labelHidden }">
        <label class="lab" :for="$attrs.id + '-in'">{{ label }}</label>
        <span v-if="maxLength" class="count mono" :class="{ over: length > maxLength }">{{ length }} / {{ maxLength }}</span>
      </div>
      <textarea v-if="kind === 'textarea'" ref="input" v-model="text" v-bind="inputAttrs" :rows="rows" @input="later" @change="report" @keydown="onKey"></textarea>
      <div v-else class="peek">
        <input ref="input" class="input" v-model="text" v-bind="inputAttrs" :type="shown ? 'text' : kind" @input="later" @change="report" @keydown="onKey">
        <button v-if="kind === 'password'" type="button" class="iconbtn" :aria-pressed="shown" aria-label="Show password" @click="shown = !shown">
          <svg class="i" aria-hidden="true"><use :href="sprite + (shown ? '#eye-off' : '#eye')"></use></svg>
        </button>
      </div>
      <span v-if="hint && !error" class="hint" :id="$attrs.id + '-hint'">{{ hint }}</span>
      <span v-if="error" class="error" role="alert" :id="$attrs.id + '-error'">{{ error }}</span>
    </div>`,
  props: {
    value: String, label: String, name: String, kind: String, placeholder: String, hint: String, error: String, autocomplete: String,
    maxLength: Number, rows: Number, required: Boolean, labelHidden: Boolean, sprite: String,
  },
  emits: ["update:value", "submit"],
  data() {
    return { text: this.value ?? "", reported: this.value ?? "", shown: false, timer: null };
  },
  computed: {
    length() {
      return [...this.text].length;
    },
    inputAttrs() {
      const described = this.error ? "-error" : this.hint ? "-hint" : null;
      return {
        id: this.$attrs.id + "-in", name: this.name, placeholder: this.placeholder || null, autocomplete: this.autocomplete || null,
        required: this.required, "aria-invalid": this.error ? "true" : null, "aria-describedby": described && this.$attrs.id + described,
      };
    },
  },
  watch: {
    value() {
      this.updateValue();
    },
  },
  beforeUnmount() {
    clearTimeout(this.timer);
  },
  methods: {
    // What the server set wins over what is typed, and is not reported back.
    updateValue() {
      clearTimeout(this.timer);
      this.text = this.reported = this.value ?? "";
    },
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.report, PAUSE_MS);
    },
    report() {
      clearTimeout(this.timer);
      if (this.text === this.reported || this.kind === "password") return; // a password leaves with its form only
      this.reported = this.text;
      // Beyond the limit the server only has to see that it is too long; a message that is too large would end the connection.
      this.$emit("update:value", this.maxLength ? this.text.slice(0, 2 * this.maxLength) : this.text);
    },
    onKey(event) {
      if (event.key !== "Enter" || event.isComposing) return;
      const wanted = this.kind === "textarea" ? event.ctrlKey || event.metaKey : !this.$refs.input.form;
      if (!wanted) return;
      event.preventDefault();
      this.report();
      this.$emit("submit");
    },
    focus() {
      this.$refs.input.focus();
    },
  },
};
