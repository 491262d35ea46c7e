// The chosen model as the button that opens the choice, with what the last change meant and what is wrong with it.
export default {
  template: `
    <div class="field">
      <span class="lab" :id="$attrs.id + '-lab'">Model</span>
      <button type="button" class="model" aria-haspopup="dialog" :aria-describedby="$attrs.id + '-lab'" @click="$emit('open')">
        <span class="ico" aria-hidden="true" v-html="view.mark"></span>
        <span class="words"><span class="name">{{ view.name }}<span v-if="view.badge" class="badge hot">{{ view.badge }}</span></span><span class="about">{{ view.about }}</span></span>
        <span class="price mono">{{ view.price }}</span>
        <svg class="i" aria-hidden="true"><use :href="sprite + '#chevron-down'"></use></svg>
      </button>
      <p class="hint" role="status">{{ note }}</p>
      <p class="error" role="alert">{{ error }}</p>
    </div>`,
  props: { view: Object, note: String, error: String, sprite: String },
  emits: ["open"],
};
