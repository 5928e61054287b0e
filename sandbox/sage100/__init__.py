"""A Sage 100 that runs on a laptop: same members, same answers, faults on demand (reference sage100.md, section 6)."""
