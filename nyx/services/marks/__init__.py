"""The visible mark, and what a file says about where it comes from: signing, and reading what others signed. No table, no network."""
