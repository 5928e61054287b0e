"""What must be noticed though nothing fails, and when which people are told of it: pure rules, no ledger, no network."""
