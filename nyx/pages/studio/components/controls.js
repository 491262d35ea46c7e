// The left side of the studio, drawn from data: which settings there are is the model's affair. What a person types stays in its field;
// only what the server sets later, which raises the field's revision, replaces it.
import PromptHelp from "nyx-studio/prompt_help.js";
import Choice from "nyx-theme/choice.js";
import TextField from "nyx-theme/text_field.js";

const Field = {
  components: { Choice, TextField },
  template: `
    <div v-if="field.kind === 'seed'" class="seed-row">
      <text-field ref="text" v-bind="text" @update:value="edit" @submit="$emit('submit')"></text-field>
      <button type="button" class="iconbtn" aria-label="Roll another seed" title="Roll another seed" @click="$emit('act', 'roll')"><svg class="i" aria-hidden="true"><use :href="sprite + '#dices'"></use></svg></button>
      <button type="button" class="iconbtn" aria-label="Keep this seed" title="Keep this seed" :aria-pressed="field.locked ? 'true' : 'false'" @click="$emit('act', 'lock')"><svg class="i" aria-hidden="true"><use :href="sprite + (field.locked ? '#lock' : '#lock-open')"></use></svg></button>
    </div>
    <text-field v-else-if="field.kind === 'text' || field.kind === 'textarea'" ref="text" v-bind="text" @update:value="edit" @submit="$emit('submit')"></text-field>
    <div v-else class="field">
      <choice :id="id" :label="field.label" :name="field.name" :value="field.value" :options="field.options" :chips="field.kind === 'chips'" @update:value="edit"></choice>
      <p v-if="field.error" class="error" role="alert">{{ field.error }}</p>
    </div>`,
  props: { field: Object, id: String, sprite: String },
  emits: ["edit", "act", "submit"],
  computed: {
    text() {
      const { name, label, value, error, placeholder, limit, rows } = this.field;
      const kind = this.field.kind === "textarea" ? "textarea" : "text";
      return { id: this.id, name, label, value, kind, error, placeholder, rows, maxLength: limit, sprite: this.sprite };
    },
  },
  watch: {
    "field.revision"() {
      this.$nextTick(() => this.$refs.text?.updateValue());
    },
  },
  methods: {
    edit(value) {
      this.$emit("edit", this.field.name, value);
    },
  },
};

export default {
  components: { Field, PromptHelp },
  template: `
    <section class="controls" aria-label="Settings">
      <div class="scroll">
        <div><h1>{{ view.title }}</h1><p class="muted lead">{{ view.lead }}</p></div>
        <div class="field">
          <span class="lab" :id="$attrs.id + '-model'">Model</span>
          <button type="button" class="model" aria-haspopup="dialog" :aria-describedby="$attrs.id + '-model'" @click="act('model')">
            <span class="ico" aria-hidden="true" v-html="view.model.mark"></span>
            <span class="words"><span class="name">{{ view.model.name }}<span v-if="view.model.badge" class="badge hot">{{ view.model.badge }}</span></span><span class="about">{{ view.model.about }}</span></span>
            <span class="price mono">{{ view.model.price }}</span>
            <svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-down'"></use></svg>
          </button>
          <p class="hint" role="status">{{ view.model.note }}</p>
          <p class="error" role="alert">{{ view.model.error }}</p>
        </div>
        <slot></slot>
        <div class="prompt-box">
          <field ref="prompt" v-bind="of(view.prompt)" @edit="edit" @submit="act('generate')"></field>
          <prompt-help :view="view.help" :sprite="sprite" @act="act" @pick="pick"></prompt-help>
        </div>
        <div v-for="row in view.rows" :key="row[0].name" :class="row.length > 1 ? 'duo' : ''">
          <field v-for="one in row" :key="one.name" v-bind="of(one)" @edit="edit"></field>
        </div>
        <details v-if="view.advanced.length" ref="more" class="more" @toggle="$event.target.open && act('advanced')">
          <summary class="lab">{{ view.summary }}<span class="ic"><svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-down'"></use></svg></span></summary>
          <div class="more-body">
            <div v-for="row in view.advanced" :key="row[0].name" :class="row.length > 1 ? 'duo even' : ''">
              <field v-for="one in row" :key="one.name" v-bind="of(one)" @edit="edit" @act="act" @submit="act('generate')"></field>
              <div v-if="row[0].name === 'negative_prompt'" class="chips presets" role="group" aria-label="Add to the negative prompt">
                <button v-for="preset in view.help.negatives" :key="preset.key" type="button" class="chip" :title="preset.adds" @click="pick('negative', preset.key)"><svg class="i" aria-hidden="true"><use :href="sprite + '#plus'"></use></svg>{{ preset.name }}</button>
                <button type="button" class="chip" aria-haspopup="dialog" @click="act('negatives')">Your presets</button>
              </div>
            </div>
          </div>
        </details>
      </div>
      <div class="foot">
        <div class="cost-box">
          <div class="cost"><span class="muted">{{ view.cost.sum }}</span><span class="mono"><b>{{ view.cost.total }}</b><span class="faint">{{ view.cost.balance }}</span></span></div>
          <p class="shortage" :id="$attrs.id + '-short'">{{ view.cost.shortage }}</p>
          <p class="error" role="alert">{{ view.cost.problem }}</p>
          <p class="blocked" :id="$attrs.id + '-blocked'">{{ view.cost.blocked }}</p>
        </div>
        <button type="button" class="btn primary big full" :class="{ 'is-busy': busy }" data-generate :disabled="busy || !!view.cost.blocked" :aria-busy="busy ? 'true' : null" :aria-describedby="$attrs.id + '-short ' + $attrs.id + '-blocked'" @click="act('generate')" @blocked="busy || act('generate')"><span>Generate</span><kbd aria-hidden="true">⌘↵</kbd></button>
      </div>
    </section>`,
  props: { view: Object, busy: Boolean, sprite: String },
  emits: ["edit", "act", "pick"],
  methods: {
    of(field) {
      return { field, id: this.$attrs.id + "-" + field.name, sprite: this.sprite };
    },
    edit(name, value) {
      this.$emit("edit", name, value);
    },
    act(name) {
      this.$emit("act", name);
    },
    pick(kind, key) {
      this.$emit("pick", kind, key);
    },
    focusPrompt() {
      this.$nextTick(() => this.$refs.prompt.$refs.text.focus());
    },
    // A field under "Advanced" may be folded away or hidden behind the foot.
    showProblem() {
      this.$nextTick(() => {
        const wrong = this.$el.querySelector('.scroll [aria-invalid="true"], .scroll .error:not(:empty)');
        if (!wrong) return;
        if (this.$refs.more?.contains(wrong)) this.$refs.more.open = true;
        wrong.scrollIntoView({ block: "center" });
        wrong.focus?.({ preventScroll: true });
      });
    },
  },
};
