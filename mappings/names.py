"""A lane's tables of codes read the other way round: what its storefronts call what Sage calls by a code."""

from mappings.settings import Codes

_OTHERS = "*"


def words_of(codes: Codes) -> dict[str, list[str]]:
    """The storefront's words for each code, in the table's order. Pure."""
    words: dict[str, list[str]] = {}
    for word, code in codes.items():
        if code and word != _OTHERS:
            words.setdefault(code, []).append(word)
    return words


class Skus:
    """The names under which storefronts sell a lane's items."""

    def __init__(self, items: Codes) -> None:
        self._aliases = words_of(items)

    def of(self, item: str) -> list[str]:
        """Every SKU under which storefronts sell an item: those that the lane's table gives it, and its own code."""
        return [*self._aliases.get(item, ()), item]
