"""The receiver: takes webhooks over HTTP, and answers 202 once Redis has them on disk. It needs no ledger."""
