// What it costs out of what there is, what is missing, and what went wrong.
export default {
  template: `
    <div class="cost-box">
      <div class="cost"><span class="muted">{{ sum }}</span><span class="mono"><b>{{ total }}</b><span class="faint">{{ balance }}</span></span></div>
      <p class="shortage" :id="$attrs.id + '-short'">{{ shortage }}</p>
      <p class="error" role="alert">{{ problem }}</p>
    </div>`,
  props: { sum: String, total: String, balance: String, shortage: String, problem: String },
};
