"""Links that show one picture or clip to everybody who has them: made, changed, counted and revoked by its owner."""
