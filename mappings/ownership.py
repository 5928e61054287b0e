"""Who owns which field, declared in `ownership.yaml`: what a mapping must not write is refused when it is loaded."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from bridge import yaml_text
from bridge.errors import Misconfigured

_FILE = Path(__file__).with_name("ownership.yaml")


class Owner(StrEnum):
    """Whose word counts."""

    ERP = "erp"
    STOREFRONT = "storefront"


RULES: Mapping[str, str] = {
    "created from the storefront": "set once, when the ERP's document is made from the storefront's; then the ERP's own"
}
"""The grey zones, by the name that the table calls them by."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Claim(_Strict):
    """Who owns a field, by which rule where it is a grey zone, and where it stands in Sage."""

    owner: Owner
    rule: str | None = None
    columns: tuple[str, ...] = ()

    @field_validator("rule")
    @classmethod
    def _is_named(cls, name: str | None) -> str | None:
        if name is not None and name not in RULES:
            raise ValueError(f"no rule is called {name!r}; there are {', '.join(RULES)}")
        return name


class _Entity(_Strict):
    documents: tuple[str, ...]
    fields: dict[str, Claim]
    others: Claim | None = None

    @field_validator("fields", mode="before")
    @classmethod
    def _spelled_out(cls, fields: Any) -> Any:
        """`sku: erp` is short for `sku: {owner: erp}`."""
        if not isinstance(fields, dict):
            return fields
        return {name: {"owner": claim} if isinstance(claim, str) else claim for name, claim in fields.items()}


class Ownership:
    """The table, by document."""

    def __init__(self, entities: Mapping[str, _Entity]) -> None:
        self._by_document = {document: entity for entity in entities.values() for document in entity.documents}

    @classmethod
    def load(cls, path: Path = _FILE) -> "Ownership":
        """Reads and checks the table; raises `Misconfigured` naming every place that is wrong."""
        raw = yaml_text.load(path.read_text(encoding="utf-8"))
        try:
            entities = {name: _Entity.model_validate(facts) for name, facts in raw.items()}
        except ValidationError as fault:
            places = (f"{path.name}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in fault.errors())
            raise Misconfigured("\n".join(places)) from None
        if complaints := list(_said_twice(entities)):
            raise Misconfigured("\n".join(f"{path.name}: {complaint}" for complaint in complaints))
        return cls(entities)

    def claims(self, document: str) -> Mapping[str, Claim]:
        """Who owns what of a document, by field; nothing for one that the table does not know."""
        entity = self._by_document.get(document)
        return entity.fields if entity else {}

    def claim(self, document: str, field: str) -> Claim | None:
        """Who owns a field of a document; None for one that the table does not know."""
        return self.claims(document).get(field)

    def outward_objection(self, document: str, field: str) -> str | None:
        """Why a mapping out of the ERP may not set a field, or None."""
        claim = self.claim(document, field)
        if claim is None or claim.owner is Owner.ERP:
            return None
        return f"{field} of {document} is the {claim.owner}'s, and nothing that comes from the ERP sets it; take it out"

    def inward_objection(self, document: str, column: str) -> str | None:
        """Why a mapping that makes the ERP's document may not write a column of Sage's, or None."""
        entity = self._by_document.get(document)
        if entity is None:
            return None
        named = ((field, claim) for field, claim in entity.fields.items() if column in claim.columns)
        field, claim = next(named, (column, entity.others))
        if claim is None or claim.owner is Owner.STOREFRONT or claim.rule is not None:
            return None
        return f"{column} is {field} of {document}, which is the {claim.owner}'s alone; take the row out"


def _said_twice(entities: Mapping[str, _Entity]) -> Iterator[str]:
    first: dict[str, str] = {}
    for name, entity in entities.items():
        words = [f"document {document}" for document in entity.documents]
        words += [f"column {column} of {name}" for claim in entity.fields.values() for column in claim.columns]
        for word in words:
            if first.setdefault(word, name) != name or words.count(word) > 1:
                yield f"{word} stands here twice; keep one"


@cache
def ownership() -> Ownership:
    """The shipped table."""
    return Ownership.load()
