"""The receipt of one generation."""

from nyx.pages.receipt.page import register

__all__ = ["register"]
