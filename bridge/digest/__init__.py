"""The digest of a day: its figures, taken from the ledger alone, and the words in which people read them."""
