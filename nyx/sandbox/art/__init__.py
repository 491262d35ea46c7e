"""Pictures for the sandbox, drawn from words, seed and size: no AI, the same request always the same bytes."""

from nyx.sandbox.art.picture import picture

__all__ = ["picture"]
