"""Everything that a campaign breaks, by name; one file for each part of the world that can break."""
