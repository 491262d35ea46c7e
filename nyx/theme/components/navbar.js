// The bar at the top: our own markup on both sides of the balance, which alone changes while a page is open.
export default {
  template: `
    <header class="nav">
      <div class="boxless" v-html="start"></div>
      <div v-if="credits" class="pill" title="Your credits">
        <span class="ic"><svg class="i" aria-hidden="true" focusable="false"><use :href="sprite + '#zap'"></use></svg></span><span class="mono">{{ credits }}</span><span class="sr-only">credits</span>
      </div>
      <div class="boxless" v-html="end"></div>
    </header>`,
  props: { start: String, credits: String, end: String, sprite: String },
};
