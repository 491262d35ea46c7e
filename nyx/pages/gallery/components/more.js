// Shows more when pressed, or a little before it scrolls into view.
export default {
  template: `
    <div class="load-more">
      <button type="button" class="btn" :disabled="busy" :aria-busy="busy" @click="$emit('more')"><span>{{ busy ? "Loading…" : "Show more" }}</span></button>
    </div>`,
  props: { busy: Boolean },
  emits: ["more"],
  mounted() {
    this.observer = new IntersectionObserver(([entry]) => entry.isIntersecting && !this.busy && this.$emit("more"), { rootMargin: "600px" });
    this.observer.observe(this.$el);
  },
  beforeUnmount() {
    this.observer.disconnect();
  },
  watch: {
    // Look again: a page that does not fill the window leaves this one in view, and no change of view would tell.
    busy(now) {
      this.observer.unobserve(this.$el);
      if (!now) this.$nextTick(() => this.observer.observe(this.$el));
    },
  },
};
