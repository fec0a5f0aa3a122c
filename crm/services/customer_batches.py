"""Customers stored by the thousand: what the import engine writes, with the same results as ``services.customers``.

A row's values are named as the API names them, an address by its parts (``billingAddress.city``); ``tags`` are names,
``owner`` a seat's id.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from crm.models import Customer, LeadTag
from crm.normal import digits, name_key, search_text
from crm.services.lead_batches import keyed, named
from crm.services.tagging import retag_many, tag_many
from crm.tax_identity import NOTHING, complete_identity
from nextgenerp.core import history
from nextgenerp.core.addresses import PARTS, Address, complete_address, is_indian
from nextgenerp.core.imports.tables import copy_history, copy_rows, update_rows
from nextgenerp.core.imports.values import email_key
from nextgenerp.core.names import camel_case
from nextgenerp.core.tenancy import Actor

Values = Mapping[str, Any]
ADDRESS = "billingAddress"
PART_NAMES = {f"{ADDRESS}.{part}": part for part in PARTS}
# What a new customer has in a column where a row says nothing.
BLANK: dict[str, Any] = {
    **NOTHING, "type": Customer.Type.BUSINESS.value, "name": "", "contact_person": "", "email": "", "phone": "",
    "alternate_phone": "", "shipping_addresses": [], "credit_limit": None, "credit_days": 0, "notes": "",
    "is_active": True, "owner_id": None,
}  # fmt: skip
COLUMN_OF = {camel_case(column): column for column in BLANK if column not in {"billing_address", "owner_id"}}
COLUMN_OF["owner"] = "owner_id"
JSON = ("billing_address", "shipping_addresses")
DERIVED = ["city_key", "state_code", "email_key", "name_key", "search_text"]
NEW = ["id", "number", "code", "created_at", "updated_at", "version", "outstanding", *BLANK, *DERIVED]
CHANGED = [*BLANK, *DERIVED]
FIND = """
    SELECT 'email:' || email_key, (array_agg(id ORDER BY id))[1:2]
    FROM customer WHERE email_key = ANY(%s) GROUP BY email_key
    UNION ALL
    SELECT 'phone:' || phone, (array_agg(id ORDER BY id))[1:2] FROM customer WHERE phone = ANY(%s) GROUP BY phone
    UNION ALL
    SELECT 'gstin:' || gstin, ARRAY[id] FROM customer WHERE gstin = ANY(%s) AND gstin <> ''
"""


def find_customers(emails: list[str], phones: list[str], gstins: list[str]) -> dict[str, set[UUID]]:
    """Up to two customers of each normalised e-mail, phone and GSTIN, under ``email:…``, ``phone:…``, ``gstin:…``."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [emails, phones, gstins])
        return {key: set(ids) for key, ids in cursor.fetchall()}


def overlaid(before: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """The columns of a customer with a row's values over them. Raises AddressProblem, IdentityProblem."""
    given = {COLUMN_OF[name]: value for name, value in values.items() if name in COLUMN_OF}
    parts = {PART_NAMES[name]: value for name, value in values.items() if name in PART_NAMES}
    if parts:
        given["billing_address"] = moved_to(before["billing_address"], parts)
    return {**before, **given, **complete_identity(before, given)}


def moved_to(address: Address, parts: Address) -> Address:
    """An address with parts of another over it; a state given by its name or its code replaces both, and only India
    has codes. Raises AddressProblem."""
    kept = dict(address)
    if "state" in parts or "stateCode" in parts:
        kept |= {"state": "", "stateCode": ""}
    if not is_indian(kept | parts):
        kept["stateCode"] = ""
    return complete_address(kept | parts)


def create_customers(
    records: Mapping[UUID, Values], first_number: int, tags: dict[str, UUID], *, actor: Actor
) -> None:
    """Store new customers, numbered in their order; the caller claims them and writes history."""
    now = timezone.now().isoformat()
    blank = BLANK | {"owner_id": actor.seat_id}
    rows = []
    for number, (record_id, values) in enumerate(records.items(), first_number):
        columns = overlaid(blank, values)
        code = f"CU-{number:05d}"
        stored = [in_database(name, columns[name]) for name in BLANK]
        rows.append([record_id, number, code, now, now, 1, 0, *stored, *derived(columns, code)])
    copy_rows(Customer, NEW, rows)
    tag_many(Customer, tag_ids(records, tags).items())


def update_customers(
    records: Mapping[UUID, Values], tags: dict[str, UUID], *, actor: Actor, import_id: UUID | None
) -> None:
    """Write values over customers, raise the version and write the history of those where something differs.

    The caller holds the row locks.
    """
    tag_changes = retag_many(Customer, tag_ids(records, tags))
    rows, entries = [], []
    for old in Customer.objects.filter(id__in=records).values("id", "code", *BLANK):
        new = overlaid(old, records[old["id"]])
        changes = changes_between(old, new) | tag_changes.get(old["id"], {})
        if changes:
            stored = [in_database(name, new[name]) for name in BLANK]
            rows.append([new["id"], *stored, *derived(new, new["code"])])
            entries.append((old["id"], orjson.dumps(changes).decode()))
    if rows:
        update_rows(Customer, CHANGED, rows)
        copy_history(Customer, "updated", entries, actor=actor, import_id=import_id, now=timezone.now())


def in_database(name: str, value: Any) -> Any:
    return orjson.dumps(value).decode() if name in JSON else value


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The history of an update, in the words of the API."""
    return {
        camel_case(name): [history.plain(old[name]), history.plain(new[name])]
        for name in BLANK
        if old[name] != new[name]
    }


def derived(columns: Mapping[str, Any], code: str) -> tuple[str, ...]:
    """What ``Customer.derive`` computes, from the columns; a test holds the two equal."""
    return (
        name_key(columns["billing_address"]["city"]),
        columns["billing_address"]["stateCode"],
        email_key(columns["email"]),
        name_key(columns["name"]),
        search_text(
            columns["name"], code, columns["email"], digits(columns["phone"]), digits(columns["alternate_phone"]),
            columns["gstin"],
        ),
    )  # fmt: skip


def known_tags() -> dict[str, UUID]:
    """The ids of all tags by the normal form of their names."""
    return dict(LeadTag.objects.values_list("name_key", "id"))


def add_missing_tags(records: Iterable[Values], tags: dict[str, UUID]) -> None:
    """Create the tags that rows name and ``tags`` does not know, and note them there."""
    names = keyed(name for values in records for name in values.get("tags", ()))
    tags |= named(LeadTag, {name: key for name, key in names.items() if key not in tags})


def tag_ids(records: Mapping[UUID, Values], tags: Mapping[str, UUID]) -> dict[UUID, set[UUID]]:
    """The ids of the tags that rows name, of those rows that name any."""
    return {
        one: {tags[name_key(name)] for name in values["tags"]}
        for one, values in records.items()
        if values.get("tags")
    }
