"""Drills: proof that anybody can run, of what the fleet does when things break."""
