"""Adapters of the storefront port, one folder per vendor."""
