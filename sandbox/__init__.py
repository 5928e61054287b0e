"""Stand-ins for what cannot run here: a Clarity site and a Sage 100, as real processes with real faults."""
