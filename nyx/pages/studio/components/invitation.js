// The stage before anything was made: what to do, and prompts to start from.
export default {
  template: `
    <div class="empty">
      <span class="ic" aria-hidden="true"><svg class="i"><use :href="sprite + '#' + icon"></use></svg></span>
      <h2>What will you make first?</h2>
      <p>{{ how }}</p>
      <div class="examples">
        <button v-for="example in examples" :key="example" type="button" class="example card lift" @click="$emit('choose', example)">{{ example }}</button>
      </div>
    </div>`,
  props: { icon: String, how: String, examples: Array, sprite: String },
  emits: ["choose"],
};
