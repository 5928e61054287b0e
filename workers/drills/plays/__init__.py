"""Drills that tell one story each: what happens, what must follow, and whether it did."""
