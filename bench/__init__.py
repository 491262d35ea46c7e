"""Measurements of the app against bare ways of doing the same, each a ratio within one run: ``python -m bench``."""
