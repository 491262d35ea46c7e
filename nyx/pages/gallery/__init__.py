"""The gallery: everything a creator has made, newest first."""

from nyx.pages.gallery.page import register

__all__ = ["register"]
