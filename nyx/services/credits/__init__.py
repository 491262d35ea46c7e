"""Credits: the ledger, what people see of it, and the proof that it adds up."""
