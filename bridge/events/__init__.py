"""The door's stream: its wire form, and the adapters of the events port on Redis and in memory."""
