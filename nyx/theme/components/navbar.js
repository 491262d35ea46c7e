// What stands above every page: the way past it, the bar, and a line for admins. The bar is our own markup on both sides of the balance, which alone changes while a page is open.
export default {
  template: `
    <div class="boxless">
    <a class="skip" href="#main">Skip to content</a>
    <header class="nav">
      <div class="boxless" v-html="start"></div>
      <div v-if="credits" class="pill" title="Your credits">
        <span class="ic"><svg class="i" aria-hidden="true" focusable="false"><use :href="sprite + '#zap'"></use></svg></span><span class="mono">{{ credits }}</span><span class="sr-only">credits</span>
      </div>
      <div class="boxless" v-html="end"></div>
    </header>
    <aside v-if="notice" class="banner" aria-label="Notice"><span class="ic"><svg class="i" aria-hidden="true" focusable="false"><use :href="sprite + '#info'"></use></svg></span><span>{{ notice }}</span></aside>
    </div>`,
  props: { start: String, credits: String, end: String, notice: String, sprite: String },
};
