"""Providers of media: one protocol, one file set per vendor."""
