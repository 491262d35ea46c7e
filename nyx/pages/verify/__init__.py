"""What a file says about its origin."""

from nyx.pages.verify.page import register

__all__ = ["register"]
