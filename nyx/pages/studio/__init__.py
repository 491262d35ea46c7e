"""The studio: where a creator asks for something and watches it being made."""

from nyx.pages.studio.feed import Services
from nyx.pages.studio.page import register

__all__ = ["Services", "register"]
