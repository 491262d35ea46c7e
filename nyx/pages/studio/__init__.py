"""The studio: compose a prompt, watch the pictures arrive."""

from nyx.pages.studio.page import register

__all__ = ["register"]
