"""The page of a shared collection, for everybody who has its address."""

from nyx.pages.collection.page import register

__all__ = ["register"]
