"""What a person reads when a page can't be shown."""

from nyx.pages.errors.page import register

__all__ = ["register"]
