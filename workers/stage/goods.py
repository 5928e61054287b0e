"""Items and customers for the sandbox's Sage and its sites, from anybody's JSON or CSV."""

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridge.documents import Address, Customer
from bridge.errors import Refused
from bridge.ports.erp import FieldValue
from mappings.mapped import MapContext
from mappings.mapping_set import MappingSet
from workers.json_files import Problem, objects_in

Row = dict[str, FieldValue]

_CODE = ("sku", "ItemCode", "itemCode", "code")
_NAME = ("name", "ItemCodeDesc", "description")
_PRICE = ("unitListPrice", "price", "StandardUnitPrice")
_ON_HAND = ("onHand", "QuantityOnHand", "quantity")
_UNIT = ("uom", "StandardUnitOfMeasure", "unit")
_DESCRIPTION_WIDTH = 30


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON list, of JSON Lines, or of a CSV with a heading. Raises `Refused` naming file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}", field="file", value=str(path)) from None
    if path.suffix.lower() == ".csv":
        return [dict(row) for row in csv.DictReader(text.splitlines())]
    rows = []
    for found in objects_in(str(path), text):
        if isinstance(found, Problem) or not isinstance(found.value, dict):
            said = found.text if isinstance(found, Problem) else f"no object: {found.text[:60]!r}"
            raise Refused(f"{path}:{found.line}: {said}", field="file", value=str(path))
        rows.append(found.value)
    return rows


def item_rows(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Rows of CI_Item (and what is on hand) by Sage's names; codes in capitals, descriptions cut to Sage's width."""
    return [_item(number, row) for number, row in enumerate(rows, 1)]


def products(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a storefront has of its own of these items: name, unit and the SKU as it stands there."""
    return [_product(number, row) for number, row in enumerate(rows, 1)]


def _product(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    code = _code(number, row)
    return {"sku": code, "name": str(_first(row, _NAME) or code), "uom": str(_first(row, _UNIT) or "EACH")}


def accounts(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The accounts of these customers at a storefront, active, each with its first contact and address."""
    return [_account(number, row) for number, row in enumerate(rows, 1)]


def _account(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    account = _account_number(number, row)
    contact = {"name": row.get("contact"), "email": _email(row)}
    return {
        "id": str(row.get("id") or account),
        "accountNumber": account,
        "name": str(row.get("name") or row.get("CustomerName") or account),
        "status": "active",
        "contacts": [contact],
        "addresses": [row["billTo"]] if row.get("billTo") else list(row.get("addresses") or []),
    }


def _code(number: int, row: Mapping[str, Any]) -> str:
    code = _first(row, _CODE)
    if not code:
        raise Refused(f"item {number} has none of {', '.join(_CODE)}", field="sku", value=str(dict(row))[:80])
    return str(code)


def _item(number: int, row: Mapping[str, Any]) -> Row:
    code = _code(number, row)
    return {
        "ItemCode": code.upper(),
        "ItemCodeDesc": str(_first(row, _NAME) or code)[:_DESCRIPTION_WIDTH],
        "StandardUnitPrice": _number(number, row, _PRICE),
        "QuantityOnHand": _number(number, row, _ON_HAND),
        "StandardUnitOfMeasure": str(_first(row, _UNIT) or "EACH"),
        "SalesUnitOfMeasure": str(_first(row, _UNIT) or "EACH"),
        # A discontinued item is sold off, not barred: that is a product type in Sage (reference sage100.md 2.6).
        "ProductType": "D" if str(row.get("isActive", True)).lower() in {"false", "n", "0"} else "F",
    }


def customer_rows(rows: Iterable[Mapping[str, Any]], mapping: MappingSet) -> list[Row]:
    """Rows of AR_Customer by the lane's own mapping, each under its account number."""
    return [_customer(number, row, mapping) for number, row in enumerate(rows, 1)]


def _account_number(number: int, row: Mapping[str, Any]) -> str:
    account = row.get("accountNumber") or row.get("CustomerNo") or row.get("id")
    if not account:
        raise Refused(f"customer {number} has no accountNumber", field="accountNumber", value=str(dict(row))[:80])
    return str(account)


def _customer(number: int, row: Mapping[str, Any], mapping: MappingSet) -> Row:
    account = _account_number(number, row)
    try:
        customer = Customer(
            source_id=str(row.get("id") or account),
            site_id="main",
            account_number=account,
            name=row.get("name") or row.get("CustomerName"),
            email=_email(row),
            address=_address(row),
        )
    except ValidationError as fault:
        error = fault.errors(include_url=False)[0]
        place = ".".join(str(part) for part in error["loc"])
        raise Refused(f"customer {number}: {place}: {error['msg']}", field=place, value=str(error["input"])) from None
    mapped = mapping.map_customer(customer, MapContext(customer_number=""))
    return {"ARDivisionNo": "00", "CustomerNo": account.upper(), **mapped.header}


def _email(row: Mapping[str, Any]) -> str | None:
    contacts = row.get("contacts") or [{}]
    email: str | None = row.get("email") or contacts[0].get("email")
    return email


def _address(row: Mapping[str, Any]) -> Address:
    """The account's address: `billTo`, the first of `addresses`, or flat columns as in a CSV."""
    raw = row.get("billTo") or (row.get("addresses") or [None])[0] or row
    names = ("line1", "line2", "line3", "city", "phone", "email")
    camel = {"regionCode": "region_code", "regionName": "region_name", "postalCode": "postal_code"}
    known = {name: raw.get(name) for name in names} | {ours: raw.get(theirs) for theirs, ours in camel.items()}
    return Address(**known, country_code=raw.get("countryCode"))


def _first(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in {None, ""}), None)


def _number(number: int, row: Mapping[str, Any], names: tuple[str, ...]) -> Decimal:
    value = _first(row, names)
    try:
        return Decimal(str(value)) if value is not None else Decimal(0)
    except InvalidOperation:
        raise Refused(f"item {number}: {names[0]} is no number", field=names[0], value=str(value)) from None
