"""What a storefront tells: the door's stream with its adapters on Redis and in memory, and what it only announced."""
