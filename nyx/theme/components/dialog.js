// A modal on the browser's own dialog element: focus stays inside, Escape and a press on the backdrop close it.
export default {
  template: `
    <dialog class="dialog" :aria-label="label" @close="onClose" @mousedown.self="$el.close()">
      <div class="dialog-head">
        <h2>{{ label }}</h2>
        <button type="button" class="iconbtn" aria-label="Close" @click="$el.close()"><svg class="i" aria-hidden="true"><use :href="sprite + '#x'"></use></svg></button>
      </div>
      <div class="dialog-body"><slot></slot></div>
    </dialog>`,
  props: { value: Boolean, label: String, sprite: String },
  emits: ["update:value"],
  mounted() {
    this.updateValue();
  },
  watch: {
    value() {
      this.updateValue();
    },
  },
  methods: {
    updateValue() {
      if (this.value && !this.$el.open) this.$el.showModal();
      if (!this.value && this.$el.open) this.$el.close();
    },
    onClose() {
      this.$emit("update:value", false);
    },
  },
};
