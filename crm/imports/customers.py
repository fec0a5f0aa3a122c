"""Customers as the import engine takes them: their columns, what a row must have, what makes it a duplicate."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from crm.imports.leads import EMAILS, OTHER_PHONES, PHONES, assignees
from crm.models import Customer
from crm.normal import name_key
from crm.services.customer_batches import (
    ADDRESS,
    BLANK,
    add_missing_tags,
    create_customers,
    find_customers,
    known_tags,
    overlaid,
    update_customers,
)
from crm.services.customers import LIMIT
from crm.tax_identity import IdentityProblem
from nextgenerp.core.addresses import PARTS, Address, AddressProblem, complete_address
from nextgenerp.core.gst import parse_gstin, parse_pan
from nextgenerp.core.imports.mapping import Column
from nextgenerp.core.imports.resources import ImportResource, RowProblem, Values
from nextgenerp.core.imports.values import (
    ValueProblem,
    choice_lookup,
    email_key,
    parse_boolean,
    parse_choice,
    parse_email,
    parse_integer,
    parse_list,
    parse_money,
    parse_phone,
    parse_text,
)  # fmt: skip
from nextgenerp.core.names import camel_case

MOST_ADDRESSES = 20
MOST_CREDIT_DAYS = 3650
TYPES = choice_lookup([*Customer.Type.choices, ("business", "company"), ("individual", "person")])
CATEGORIES = choice_lookup(
    [
        *Customer.GstCategory.choices,
        ("registered", "regular"),
        ("unregistered", "consumer"),
        ("overseas", "export"),
    ]
)
TEXTS = (
    ("name", 200, ("customer", "customer name", "company", "company name", "party name", "business name", "ग्राहक")),
    ("contactPerson", 200, ("contact", "contact name", "attention", "contact person name")),
    ("notes", 5000, ("note", "remarks", "comments")),
)  # fmt: skip
# What people call the parts of a billing address.
PART_ALIASES = {
    "line1": ("address", "billing address", "address line 1", "street", "पता"),
    "line2": ("address line 2", "locality", "area"),
    "city": ("city", "town", "billing city", "शहर"),
    "state": ("state", "billing state", "state name", "राज्य"),
    "stateCode": ("state code", "gst state code", "billing state code"),
    "pincode": ("pincode", "pin", "pin code", "zip", "postal code", "billing pincode", "पिन कोड"),
    "country": ("country", "billing country"),
}
PLACE = (f"{ADDRESS}.state", f"{ADDRESS}.stateCode", f"{ADDRESS}.country")
GSTINS = ("gst", "gst no", "gst number", "gstin uin", "gst in", "gst identification number")
OWNERS = ("account owner", "owner email", "assigned to", "sales person", "salesperson")


class CustomerImport(ImportResource):
    """Customers. Tags and an owner are named; a GSTIN brings PAN and state, and no two customers share one."""

    model = Customer
    module = "Customers"
    limit = LIMIT
    keys = ("email", "phone", "gstin")
    creatable = ("tags",)

    def load(self) -> None:
        self.tags = known_tags()
        self.owners = assignees()
        self.stored: dict[UUID, dict[str, Any]] = {}

    def columns(self) -> Sequence[Column]:
        phone = partial(parse_phone, region=self.region)
        days = partial(parse_integer, maximum=MOST_CREDIT_DAYS)
        return [
            *(Column(name, partial(parse_text, max_length=most), aliases) for name, most, aliases in TEXTS),
            *(
                Column(f"{ADDRESS}.{part}", partial(parse_text, max_length=most), PART_ALIASES[part])
                for part, most in PARTS.items()
            ),
            Column("type", partial(parse_choice, lookup=TYPES), ("customer type", "kind")),
            Column("email", parse_email, EMAILS),
            Column("phone", phone, PHONES),
            Column("alternatePhone", phone, OTHER_PHONES),
            Column("gstin", parse_gstin, GSTINS),
            Column("pan", parse_pan, ("pan no", "pan number", "permanent account number")),
            Column(
                "gstCategory",
                partial(parse_choice, lookup=CATEGORIES),
                ("gst treatment", "registration type"),
            ),
            Column("shippingAddresses", parse_addresses),
            Column("creditLimit", partial(parse_money, max_digits=15), ("credit", "limit")),
            Column("creditDays", days, ("credit period", "payment terms", "payment days")),
            Column("tags", self.parse_tags, ("tag", "labels", "टैग")),
            Column("owner", self.parse_owner, OWNERS),
            Column("isActive", parse_boolean, ("active", "enabled")),
        ]

    def parse_tags(self, text: str) -> list[str]:
        names = parse_list(text)
        for name in names:
            if name_key(name) not in self.tags and "tags" not in self.options.create_missing:
                raise ValueProblem("does_not_exist", f'There is no tag "{name}".')
        return names

    def parse_owner(self, text: str) -> UUID:
        seat = self.owners.get(email_key(text.strip()))
        if seat is None:
            raise ValueProblem("does_not_exist", "There is no active member with this e-mail address.")
        return seat

    def check_new(self, values: Values) -> list[RowProblem]:
        if not values.get("name"):
            return [RowProblem("name", "required", "A name is needed.")]
        return contradictions(BLANK, values)

    def check_update(self, record_id: UUID, values: Values) -> list[RowProblem]:
        stored = self.stored.get(record_id)
        return contradictions(stored, values) if stored else []  # a dry run's new records are not stored

    def keys_of(self, values: Values) -> list[str]:
        forms = {"email": email_key, "phone": str, "gstin": str}
        return [
            f"{key}:{form(values[key])}"
            for key, form in forms.items()
            if key in self.options.match_on and key in values
        ]

    def unique_keys_of(self, values: Values) -> Mapping[str, str]:
        return {f"gstin:{values['gstin']}": "gstin"} if "gstin" in values else {}

    def find(self, keys: Iterable[str], *, lock: bool) -> dict[str, set[UUID]]:
        wanted: dict[str, list[str]] = {key: [] for key in self.keys}
        for key in keys:
            kind, _, value = key.partition(":")
            wanted[kind].append(value)
        found = find_customers(wanted["email"], wanted["phone"], wanted["gstin"])
        if lock and found:
            ids = set().union(*found.values())
            locked = Customer.objects.filter(id__in=ids).order_by("id").select_for_update()
            self.stored = {row["id"]: row for row in locked.values("id", *BLANK)}
            found = {key: ids & self.stored.keys() for key, ids in found.items()}
        return found

    def create(self, records: Mapping[UUID, Values], first_number: int) -> None:
        add_missing_tags(records.values(), self.tags)
        create_customers(records, first_number, self.tags, actor=self.actor)

    def update(self, records: Mapping[UUID, Values]) -> None:
        add_missing_tags(records.values(), self.tags)
        update_customers(records, self.tags, actor=self.actor, import_id=self.batch.id)


def contradictions(before: Mapping[str, Any], values: Values) -> list[RowProblem]:
    """What in a row's values contradicts the rest of the customer."""
    try:
        overlaid(before, values)
    except AddressProblem as problem:
        return [RowProblem(f"{ADDRESS}.{problem.part}", problem.code, problem.detail)]
    except IdentityProblem as problem:
        field = camel_case(problem.column)
        if field == ADDRESS:
            field = next((one for one in PLACE if one in values), "gstin")
        return [RowProblem(field, problem.code, problem.detail)]
    return []


def parse_addresses(text: str) -> list[Address]:
    """Shipping addresses as an export writes them: a JSON list of objects. Raises ValueProblem."""
    try:
        listed = orjson.loads(text)
    except orjson.JSONDecodeError:
        listed = None
    if not isinstance(listed, list) or len(listed) > MOST_ADDRESSES:
        raise ValueProblem("invalid", f"Write a JSON list of at most {MOST_ADDRESSES} addresses.")
    return [parse_address(one) for one in listed]


def parse_address(parts: Any) -> Address:
    if not isinstance(parts, dict) or not all(isinstance(text, str) for text in parts.values()):
        raise ValueProblem("invalid", "An address is an object of texts.")
    unknown = parts.keys() - PARTS.keys()
    if unknown:
        raise ValueProblem("unknown_field", f"An address has no {', '.join(sorted(unknown))[:100]}.")
    address = complete_address(
        {name: parse_text(text, max_length=PARTS[name]) for name, text in parts.items()}
    )
    if not any(address.values()):
        raise ValueProblem("blank", "This address is empty.")
    return address
