"""Help with prompts: rewriting, styles, presets, a library, what was asked before, and wildcards. It generates nothing."""
