"""What the fleet does: one file, one task. A message is only ever a nudge; the ledger says what is due."""
