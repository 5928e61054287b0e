"""Seats: how many ERP sessions we may use, who holds them, and which of them have leaked."""
