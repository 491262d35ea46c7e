// The right side of the studio: what a screen reader is told, a first invitation, or the generation that is built inside.
import Invitation from "nyx-studio/invitation.js";

export default {
  components: { Invitation },
  template: `
    <section class="stage" aria-label="Results">
      <div class="sr-only" role="status" aria-live="polite">{{ said }}</div>
      <invitation v-if="invitation" v-bind="invitation" :sprite="sprite" @choose="$emit('choose', $event)"></invitation>
      <slot></slot>
    </section>`,
  props: { invitation: Object, said: String, sprite: String },
  emits: ["choose"],
};
