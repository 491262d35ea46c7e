"""The gallery: everything a creator has made, to look through, to find, to keep in order."""

from nyx.pages.gallery.acting import Services
from nyx.pages.gallery.page import register

__all__ = ["Services", "register"]
