"""The shell around every request and every socket: who is asking, from where, and what the answer's headers say. No page, no workflow."""
