"""Log in and sign up."""

from nyx.pages.auth.page import register

__all__ = ["register"]
