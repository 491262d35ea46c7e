"""Screens: what a person sees, composed from services and the theme. No rule, no SQL, no vendor."""
