"""What is true whatever the broker or vendor: documents, states, policy, windows, seats, ports and adapters."""
