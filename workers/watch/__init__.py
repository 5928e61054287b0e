"""The watch from outside the fleet: what `tidegate watch` sees, remembers and tells."""
