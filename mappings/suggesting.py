"""What a person might have meant: items with a name like it, customers who may be the buyer, a text that fits. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bridge.documents import Customer, Order
from mappings.characters import spell
from mappings.customers import customer_query

LIMIT = 3
"""So many remedies are offered at most: a person reads three, and guesses among ten."""

_SHORT = 6
_BEGINNING = 4


@dataclass(frozen=True)
class Suggestion:
    """A value that may be right, and why it is offered."""

    value: str
    why: str


@dataclass(frozen=True)
class KnownCustomer:
    """A customer whom the ERP has, by its number there, with what a storefront says of the account."""

    number: str
    customer: Customer


def nearest(wanted: str, known: Iterable[str]) -> list[Suggestion]:
    """The names most like a wanted one: the same but for signs and case, one or two letters off, or its beginning.

    In a name of less than six letters one letter may differ, in a longer one two; two that have changed places count
    as one.
    """
    bare = _bare(wanted)
    found = [(name, likeness) for name in known if (likeness := _likeness(bare, _bare(name)))]
    found.sort(key=lambda each: (each[1][0], -_common(bare, _bare(each[0])), each[0]))
    return [Suggestion(name, why) for name, (_, why) in found[:LIMIT]]


def likely(order: Order, known: Collection[KnownCustomer]) -> list[Suggestion]:
    """Whose order it may be: the customer with the buyer's e-mail, else those of his name with his postal code."""
    buyer, found = customer_query(order, 0), {}
    queries = [(each.number, customer_query(each.customer, 0)) for each in known]
    for number, theirs in queries:
        if buyer.email and theirs.email == buyer.email:
            found[number] = "has the buyer's e-mail address"
    for number, theirs in queries:
        is_namesake = buyer.name is not None and _bare(theirs.name or "") == _bare(buyer.name)
        if is_namesake and buyer.postal_code and theirs.postal_code == buyer.postal_code:
            found.setdefault(number, "has the buyer's name and postal code")
    return [Suggestion(number, why) for number, why in list(found.items())[:LIMIT]]


def shortened(text: str, fits: Callable[[str], bool]) -> str | None:
    """The longest beginning of a text that fits, cut at a word's end where there is one; None when nothing does.

    Letters that the ERP cannot hold are spelt as it can; `fits` says whether it takes a text.
    """
    spelling = spell(text)
    if spelling.lost:
        return None
    words = spelling.text.split()
    at_words = (" ".join(words[:count]).rstrip(" ,;&-/") for count in range(len(words), 0, -1))
    within = (words[0][:length] for length in range(len(words[0]) - 1, 0, -1)) if words else ()
    return next((each for each in (*at_words, *within) if each and fits(each)), None)


def _likeness(wanted: str, name: str) -> tuple[int, str] | None:
    """How far a name is from a wanted one, with the reason in words; None for one that is not like it."""
    if not wanted or not name:
        return None
    if wanted == name:
        return 0, "is the same but for signs or case"
    allowed = 1 if len(wanted) < _SHORT else 2
    if _may_be_near(wanted, name, allowed) and (off := _distance(wanted, name)) <= allowed:
        return off, "differs in one letter" if off == 1 else "differs in two letters"
    if len(wanted) >= _BEGINNING and name.startswith(wanted):
        return _BEGINNING + len(name) - len(wanted), "begins so"
    if len(name) >= _BEGINNING and wanted.startswith(name):
        return _BEGINNING + len(wanted) - len(name), "is how it begins"
    return None


def _may_be_near(wanted: str, name: str, allowed: int) -> bool:
    """Whether it is worth while to count: lengths are near, and of the wanted letters few are not in the name at all.

    Changing, adding or leaving out a letter takes one at most from those that both have, a swap none.
    """
    if abs(len(wanted) - len(name)) > allowed:
        return False
    missing = 0
    for letter in set(wanted):
        missing += max(wanted.count(letter) - name.count(letter), 0)
        if missing > allowed:
            return False
    return True


def _distance(one: str, other: str) -> int:
    """Letters to change, add, leave out or swap with their neighbour until one text is the other."""
    before: Sequence[int] = ()
    last: list[int] = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, theirs in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != theirs))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def _common(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
