"""What must be noticed though nothing fails, and who is told of it when: pure rules, no ledger, no network."""
