"""Storing, judging, shrinking and finding the creators' files. Who asks over HTTP is nyx.api.media's matter."""
