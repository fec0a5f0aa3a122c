"""Leads stored by the thousand: what the import engine writes, with the same results as ``services.leads``.

A row's values are named as the API names them: ``firstName``, ``company`` (a name), ``tags`` (names), ``status``
(a LeadStatus), ``assignedTo`` (a seat's id).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from crm.models import Lead, LeadCompany, LeadSource, LeadStatus, LeadTag
from crm.normal import digits, name_key, search_text
from crm.places import place_on_top
from crm.services.leads import default_status
from crm.services.tagging import retag_many, tag_many
from nextgenerp.core import history
from nextgenerp.core.imports.tables import copy_history, copy_rows, update_rows
from nextgenerp.core.imports.values import email_key
from nextgenerp.core.names import camel_case
from nextgenerp.core.tenancy import Actor

Values = Mapping[str, Any]
TEXTS = (
    "firstName", "lastName", "designation", "website", "requirement", "address", "city", "state", "pincode", "country",
    "lostReason", "email", "phone", "alternatePhone",
)  # fmt: skip
# By field name: the column of the table, and what a new lead has in it where a row says nothing.
STORED: dict[str, tuple[str, Any]] = {
    **{name: ("".join(f"_{c.lower()}" if c.isupper() else c for c in name), "") for name in TEXTS},
    "priority": ("priority", Lead.Priority.MEDIUM.value),
    "rating": ("rating", None),
    "estimatedValue": ("estimated_value", None),
    "expectedCloseDate": ("expected_close_date", None),
    "nextFollowUpAt": ("next_follow_up_at", None),
}
COLUMNS = [column for column, _ in STORED.values()]
REFERENCES = ["status_id", "source_id", "company_id", "assigned_to_id"]
DERIVED = ["email_key", "name_key", "search_text"]
NAMING = ["first_name", "last_name", "company__name", "email", "phone", "alternate_phone"]
NEW = [
    "id", "lead_number", "created_by_id", "created_at", "updated_at", "version", "position", "lost_at", *COLUMNS,
    *REFERENCES, *DERIVED,
]  # fmt: skip
CHANGED = [*COLUMNS, *REFERENCES, "position", "lost_at", *DERIVED]
FIND = """
    SELECT 'email:' || email_key, (array_agg(id ORDER BY id))[1:2]
    FROM lead WHERE email_key = ANY(%s) GROUP BY email_key
    UNION ALL
    SELECT 'phone:' || phone, (array_agg(id ORDER BY id))[1:2]
    FROM lead WHERE phone = ANY(%s) GROUP BY phone
"""


class References:
    """What leads refer to by name, as it is in the tenant.

    ``sources`` and ``tags`` go by the normal form of their names. ``ids`` are what ``add_missing`` found for the
    names in the last rows it was given, as they were written there.
    """

    def __init__(self) -> None:
        self.statuses = {name_key(one.name): one for one in LeadStatus.objects.all()}
        self.lost = {one.id for one in self.statuses.values() if one.type == LeadStatus.Type.LOST}
        self.sources = {name_key(name): key for key, name in LeadSource.objects.values_list("id", "name")}
        self.tags: dict[str, UUID] = dict(LeadTag.objects.values_list("name_key", "id"))
        self.default_status = default_status()
        self.ids: dict[str, dict[str, UUID]] = {}

    def add_missing(self, rows: Collection[Values]) -> None:
        """Create the companies, sources and tags that rows name and the tenant does not have."""
        companies = keyed(values["company"] for values in rows if "company" in values)
        sources = keyed(values["source"] for values in rows if "source" in values)
        tags = keyed(tag for values in rows if "tags" in values for tag in values["tags"])
        for name, key in sources.items():
            if key not in self.sources:
                self.sources[key] = LeadSource.objects.create(name=name, order=len(self.sources) + 1).id
        self.tags |= named(LeadTag, {name: key for name, key in tags.items() if key not in self.tags})
        found = named(LeadCompany, companies)
        self.ids = {
            "company": {name: found[key] for name, key in companies.items()},
            "source": {name: self.sources[key] for name, key in sources.items()},
            "tags": {name: self.tags[key] for name, key in tags.items()},
        }

    def id_of(self, kind: str, values: Values) -> UUID | None:
        """The id of the company or source a row names."""
        name = values.get(kind)
        return self.ids[kind][name] if name else None

    def tag_ids(self, names: Iterable[str]) -> set[UUID]:
        ids = self.ids["tags"]
        return {ids[name] for name in names}


def keyed(names: Iterable[str]) -> dict[str, str]:
    """The normal forms of names by the names, in their order."""
    return {name: name_key(name) for name in dict.fromkeys(names)}


def find_leads(emails: list[str], phones: list[str]) -> dict[str, set[UUID]]:
    """Up to two leads of each normalised e-mail and phone, under ``email:…`` and ``phone:…``."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [emails, phones])
        return {key: set(ids) for key, ids in cursor.fetchall()}


def create_leads(
    records: Mapping[UUID, Values], first_number: int, references: References, *, actor: Actor
) -> None:
    """Store new leads on top of their columns, numbered in their order; the caller claims them and writes history."""
    references.add_missing(records.values())
    now = timezone.now().isoformat()
    copy_rows(
        Lead,
        NEW,
        (
            new_row(record_id, values, references, f"LD-{number:05d}", actor.seat_id, now)
            for number, (record_id, values) in enumerate(records.items(), first_number)
        ),
    )
    tagged = ((record_id, values["tags"]) for record_id, values in records.items() if "tags" in values)
    tag_many(Lead, ((record_id, references.tag_ids(names)) for record_id, names in tagged))


def new_row(
    record_id: UUID, values: Values, references: References, number: str, seat: UUID | None, now: str
) -> list[Any]:
    """A lead in the order of ``NEW``."""
    status = values.get("status", references.default_status)
    if "lostReason" in values and status.id not in references.lost:
        values = {**values, "lostReason": ""}
    get = values.get
    return [
        record_id, number, seat, now, now, 1, place_on_top(), now if status.id in references.lost else None,
        *[get(name, default) for name, (_, default) in STORED.items()],
        status.id, references.id_of("source", values), references.id_of("company", values), get("assignedTo", seat),
        *derived(get("firstName", ""), get("lastName", ""), get("company", ""), get("email", ""), get("phone", ""),
                 get("alternatePhone", "")),
    ]  # fmt: skip


def update_leads(
    records: Mapping[UUID, Values], references: References, *, actor: Actor, import_id: UUID | None = None
) -> None:
    """Write values over leads, raise the version and write the history of those where something differs.

    The caller holds the row locks. A change of status puts the card on top of its column.
    """
    references.add_missing(records.values())
    before = Lead.objects.filter(id__in=records).values(
        "id", *COLUMNS, *REFERENCES, "position", "lost_at", "company__name"
    )
    tagged = ((one, values["tags"]) for one, values in records.items() if values.get("tags"))
    tag_changes = retag_many(Lead, {one: references.tag_ids(names) for one, names in tagged})
    rows, entries = [], []
    for old in before:
        new = overlaid(old, records[old["id"]], references)
        changes = changes_between(old, new) | tag_changes.get(old["id"], {})
        if changes:
            rows.append([new["id"], *(new[name] for name in CHANGED)])
            entries.append((old["id"], orjson.dumps(changes).decode()))
    if rows:
        update_rows(Lead, CHANGED, rows)
        copy_history(Lead, "updated", entries, actor=actor, import_id=import_id, now=timezone.now())


def overlaid(old: dict[str, Any], values: Values, references: References) -> dict[str, Any]:
    """A lead's columns with a row's values over them."""
    new = old | {STORED[name][0]: value for name, value in values.items() if name in STORED}
    if "company" in values:
        new |= {"company_id": references.id_of("company", values), "company__name": values["company"]}
    if "source" in values:
        new["source_id"] = references.id_of("source", values)
    if "assignedTo" in values:
        new["assigned_to_id"] = values["assignedTo"]
    if "status" in values and values["status"].id != old["status_id"]:
        new |= {"status_id": values["status"].id, "position": place_on_top()}
    if new["status_id"] in references.lost:
        new["lost_at"] = old["lost_at"] or timezone.now()
    else:
        new |= {"lost_reason": "", "lost_at": None}
    return new | dict(zip(DERIVED, derived(*(new[name] or "" for name in NAMING)), strict=True))


def changes_between(old: dict[str, Any], new: dict[str, Any]) -> dict[str, list[Any]]:
    """The history of an update, in the words of the API."""
    changes = {
        camel_case(name): [history.plain(old[name]), history.plain(new[name])]
        for name in (*COLUMNS, "status_id", "source_id", "assigned_to_id")
        if old[name] != new[name]
    }
    if old["company_id"] != new["company_id"]:
        changes["company"] = [old["company__name"] or "", new["company__name"]]
    return changes


def derived(
    first_name: str, last_name: str, company: str, email: str, phone: str, alternate_phone: str
) -> tuple[str, str, str]:
    """What ``Lead.derive`` computes, from the parts; a test holds the two equal."""
    person = f"{first_name} {last_name}"
    return (
        email_key(email),
        name_key(person.strip() or company),
        search_text(person, company, email, digits(phone), digits(alternate_phone)),
    )


def named(model: type[LeadCompany] | type[LeadTag], keys: Mapping[str, str]) -> dict[str, UUID]:
    """The ids of companies or tags by the normal form of their names, which ``keys`` gives.

    Those that are not there are created, as they are written first.
    """
    if not keys:
        return {}
    found = ids_of(model, list(keys.values()))
    missing: dict[str, str] = {}
    for name, key in keys.items():
        if key not in found:
            missing.setdefault(key, name)
    if missing:
        new: list[Any] = [model(name=name, name_key=key) for key, name in missing.items()]
        model.objects.bulk_create(new, ignore_conflicts=True)
        found |= ids_of(model, list(missing))
    return found


def ids_of(model: type[LeadCompany] | type[LeadTag], keys: list[str]) -> dict[str, UUID]:
    with connection.cursor() as cursor:  # a list of thousands takes the ORM ten times as long
        cursor.execute(f"SELECT name_key, id FROM {model._meta.db_table} WHERE name_key = ANY(%s)", [keys])  # noqa: S608
        return dict(cursor.fetchall())
