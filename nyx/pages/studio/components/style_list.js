// Styles to switch on and off, one's own in front, and a form to write one; what is wrong is said beside its field.
import TextField from "nyx-theme/text_field.js";

const EMPTY = { key: "", name: "", before: "", after: "", negative: "" };
const FIELDS = [
  { name: "name", label: "Name", maxLength: 60 },
  { name: "before", label: "Words before the prompt", maxLength: 1000, placeholder: "A watercolour of" },
  { name: "after", label: "Words after the prompt", maxLength: 1000, placeholder: "soft light, {rough|smooth} paper" },
  { name: "negative", label: "What to leave out", maxLength: 2000, placeholder: "photograph, hard outlines" },
];

export default {
  components: { TextField },
  template: `
    <form v-if="form" class="preset-form" @submit.prevent="save">
      <h3>{{ form.key ? "Change your style" : "A style of your own" }}</h3>
      <text-field v-for="field in fields" :ref="field.name" :key="field.name" :id="$attrs.id + '-' + field.name" v-bind="field" :kind="field.name === 'name' ? 'text' : 'textarea'" :rows="2" :value="form[field.name]" :error="wrong === field.name ? error : ''" :sprite="sprite" @update:value="form[field.name] = $event" @submit="save"></text-field>
      <div class="dialog-actions">
        <button v-if="form.key" type="button" class="btn danger" @click="$emit('delete', form.key)">Delete it</button>
        <span class="spacer"></span>
        <button type="button" class="btn ghost" @click="close">Back</button>
        <button type="submit" class="btn primary">Save</button>
      </div>
    </form>
    <div v-else class="presets-list">
      <button ref="add" type="button" class="btn" @click="edit(null)"><svg class="i" aria-hidden="true"><use :href="sprite + '#plus'"></use></svg><span>Write a style of your own</span></button>
      <template v-for="group in groups" :key="group.title">
        <h3>{{ group.title }}</h3>
        <ul>
          <li v-for="style in group.styles" :key="style.key" class="preset">
            <button type="button" class="model" :aria-pressed="style.on ? 'true' : 'false'" @click="$emit('toggle', style.key)">
              <span class="words"><span class="name">{{ style.name }}</span><span class="about">{{ adds(style) }}</span></span>
              <svg v-if="style.on" class="i" aria-hidden="true"><use :href="sprite + '#check'"></use></svg>
            </button>
            <button v-if="style.is_own" type="button" class="iconbtn" :aria-label="'Change ' + style.name" :title="'Change ' + style.name" @click="edit(style)"><svg class="i" aria-hidden="true"><use :href="sprite + '#pencil'"></use></svg></button>
          </li>
        </ul>
      </template>
    </div>`,
  props: { styles: Array, outcome: Object, sprite: String },
  emits: ["toggle", "save", "delete"],
  data() {
    return { form: null, wrong: "", error: "", fields: FIELDS };
  },
  computed: {
    groups() {
      const own = { title: "Yours", styles: this.styles.filter((style) => style.is_own) };
      const shipped = { title: "Styles of the studio", styles: this.styles.filter((style) => !style.is_own) };
      return [own, shipped].filter((group) => group.styles.length);
    },
  },
  watch: {
    outcome({ field, error }) {
      if (!error) return this.close();
      this.wrong = field;
      this.error = error;
      this.$nextTick(() => this.$refs[field]?.[0]?.focus());
    },
  },
  methods: {
    adds(style) {
      const words = [style.before, style.after].filter(Boolean).join(" … ");
      return [words, style.negative && "without: " + style.negative].filter(Boolean).join(" – ");
    },
    edit(style) {
      this.form = { ...EMPTY, ...style };
      this.wrong = this.error = "";
      this.$nextTick(() => this.$refs.name[0].focus());
    },
    close() {
      this.form = null;
      this.$nextTick(() => this.$refs.add?.focus({ preventScroll: true }));
    },
    save() {
      for (const field of FIELDS) this.$refs[field.name][0].report();
      const { key, name, before, after, negative } = this.form;
      this.$nextTick(() => this.$emit("save", { key, name, before, after, negative }));
    },
  },
};
