"""A Clarity site that runs on a laptop: real HTTP, a store that outlives a kill, and the contract with its refusals."""
