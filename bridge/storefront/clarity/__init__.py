"""Clarity eCommerce, against the project's own contract `clarity-v1` (and every site through its profile)."""
