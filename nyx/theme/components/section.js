// The places of a section, and the page beside them.
export default {
  template: `
    <div class="shell">
      <nav class="rail" :aria-label="label">
        <a v-for="link in links" :key="link.href" :href="link.href" :aria-current="link.href === path ? 'page' : null">
          <svg class="i" aria-hidden="true" focusable="false"><use :href="sprite + '#' + link.icon"></use></svg><span>{{ link.text }}</span>
        </a>
      </nav>
      <slot></slot>
    </div>`,
  props: { label: String, links: Array, path: String, sprite: String },
};
