"""A road by which people are told something."""

from typing import Protocol


class Road(Protocol):
    """Brings one message to somebody. `id` is the same as long as its address is, and does not tell the address."""

    @property
    def id(self) -> str:
        """What it is called where deliveries are kept."""
        ...

    def tell(self, title: str, body: str) -> str | None:
        """Sends one message, plain text; what went wrong in words, or None once it was taken over. Raises nothing.

        The same again is a second message.
        """
        ...
