"""What everybody sees who has a share link."""

from nyx.pages.share.page import register

__all__ = ["register"]
