"""Local stand-ins for the services that cost money. They speak the same wire formats and share no code with our clients."""
