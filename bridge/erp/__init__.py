"""Adapters of the ERP port, one folder per vendor."""
