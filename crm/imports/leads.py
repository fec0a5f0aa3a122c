"""Leads as the import engine takes them: their columns, what a row must have, what makes it a duplicate."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from crm.models import WEBSITE, WEBSITE_NEEDED, Lead, LeadStatus
from crm.normal import name_key
from crm.services.lead_batches import References, create_leads, find_leads, update_leads
from crm.services.leads import LIMIT
from nextgenerp.core import seats
from nextgenerp.core.imports.mapping import Column
from nextgenerp.core.imports.resources import ImportResource, RowProblem, Values
from nextgenerp.core.imports.values import (
    ValueProblem,
    choice_lookup,
    email_key,
    parse_choice,
    parse_date,
    parse_datetime,
    parse_email,
    parse_list,
    parse_money,
    parse_phone,
    parse_text,
)  # fmt: skip
from nextgenerp.core.tenancy import tenant_zone

IS_WEBSITE = re.compile(WEBSITE)
PRIORITIES = choice_lookup(Lead.Priority.choices)
RATINGS = choice_lookup(Lead.Rating.choices)
# Plain texts: the field, how much it holds, what else its column is called.
TEXTS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("name", 200, (
        "full name", "contact name", "contact person", "lead name", "customer name", "customer", "client name",
        "party name", "sender name", "नाम", "पूरा नाम", "ग्राहक का नाम",
    )),
    ("firstName", 100, ("first name", "contact first name", "given name")),
    ("lastName", 100, ("last name", "surname", "family name", "उपनाम")),
    ("company", 200, ("company name", "organisation", "organization", "org", "firm", "business name", "कंपनी")),
    ("designation", 100, ("job title", "title", "position", "पद")),
    ("requirement", 5000, ("requirements", "message", "enquiry", "inquiry", "query message", "आवश्यकता")),
    ("address", 500, ("street", "address line", "पता")),
    ("city", 100, ("town", "शहर")),
    ("state", 100, ("province", "राज्य")),
    ("pincode", 12, ("pin", "pin code", "zip", "zip code", "postal code", "postcode", "पिन कोड")),
    ("country", 60, ("देश",)),
    ("lostReason", 500, ("reason lost",)),
)  # fmt: skip
EMAILS = ("e-mail", "email id", "e-mail id", "email address", "mail", "ईमेल", "ई-मेल")
PHONES = (
    "mobile", "mobile no", "mobile number", "phone no", "phone number", "contact no", "contact number", "telephone",
    "cell", "whatsapp", "मोबाइल", "मोबाइल नंबर", "फ़ोन", "फोन नंबर",
)  # fmt: skip
OTHER_PHONES = ("alternate mobile", "alternate number", "phone 2", "mobile 2", "other phone")
WEBSITES = ("web site", "url", "web", "वेबसाइट")
VALUES = ("value", "amount", "deal value", "expected value", "budget", "estimated amount", "राशि")
CLOSINGS = ("close date", "expected close", "closing date")
FOLLOW_UPS = ("next follow up", "follow up", "follow up date", "next follow up date")
OWNERS = ("assigned to", "owner", "lead owner", "sales person", "salesperson")


class LeadImport(ImportResource):
    """Leads. A status, a source, tags and an assignee are named; a company is created when it is new."""

    model = Lead
    module = "Leads"
    limit = LIMIT
    keys = ("email", "phone")
    creatable = ("tags", "sources")

    def load(self) -> None:
        self.references = References()
        self.assignees = assignees()

    def columns(self) -> Sequence[Column]:
        order = self.options.date_format
        phone = partial(parse_phone, region=self.region)
        follow_up = partial(parse_datetime, zone=tenant_zone(), order=order)
        return [
            *(Column(name, partial(parse_text, max_length=most), aliases) for name, most, aliases in TEXTS),
            Column("email", parse_email, EMAILS),
            Column("phone", phone, PHONES),
            Column("alternatePhone", phone, OTHER_PHONES),
            Column("website", parse_website, WEBSITES),
            Column("source", self.parse_source, ("lead source", "enquiry source", "स्रोत")),
            Column("status", self.parse_status, ("lead status", "stage", "स्थिति")),
            Column("priority", partial(parse_choice, lookup=PRIORITIES), ("lead priority",)),
            Column("rating", partial(parse_choice, lookup=RATINGS), ("lead rating", "temperature")),
            Column("estimatedValue", partial(parse_money, max_digits=14), VALUES),
            Column("expectedCloseDate", partial(parse_date, order=order), CLOSINGS),
            Column("nextFollowUpAt", follow_up, FOLLOW_UPS),
            Column("tags", self.parse_tags, ("tag", "labels", "टैग")),
            Column("assignedTo", self.parse_assignee, OWNERS),
        ]

    def parse_source(self, text: str) -> str:
        return self.known(parse_text(text, max_length=60), self.references.sources, "sources", "source")

    def parse_tags(self, text: str) -> list[str]:
        return [self.known(name, self.references.tags, "tags", "tag") for name in parse_list(text)]

    def known(self, name: str, there: Mapping[str, UUID], kind: str, what: str) -> str:
        if name_key(name) not in there and kind not in self.options.create_missing:
            raise ValueProblem("does_not_exist", f'There is no {what} "{name}".')
        return name

    def parse_status(self, text: str) -> LeadStatus:
        status = self.references.statuses.get(name_key(text))
        if status is None:
            raise ValueProblem("does_not_exist", f'There is no lead status "{text.strip()[:60]}".')
        return status

    def parse_assignee(self, text: str) -> UUID:
        seat = self.assignees.get(email_key(text.strip()))
        if seat is None:
            raise ValueProblem("does_not_exist", "There is no active member with this e-mail address.")
        return seat

    def check(self, values: Values) -> list[RowProblem]:
        """Cut a full name in two, and hold a lost lead to its reason."""
        name = values.pop("name", "")
        if name and "firstName" not in values and "lastName" not in values:
            first, _, last = name.rpartition(" ")
            parts = {"firstName": first.rstrip() or last, "lastName": last if first else ""}
            values |= {field: part for field, part in parts.items() if part}
            if any(len(part) > 100 for part in parts.values()):
                return [RowProblem("name", "max_length", "A first or last name has at most 100 characters.")]
        status = values.get("status")
        if status is not None and status.type == LeadStatus.Type.LOST and not values.get("lostReason"):
            return [RowProblem("lostReason", "required", "A lost lead needs a reason.")]
        return []

    def check_new(self, values: Values) -> list[RowProblem]:
        problems = []
        if not (values.get("firstName") or values.get("lastName") or values.get("company")):
            problems.append(RowProblem("firstName", "required", "A name or a company is needed."))
        if not (values.get("email") or values.get("phone")):
            problems.append(RowProblem("email", "required", "An e-mail address or a phone number is needed."))
        return problems

    def keys_of(self, values: Values) -> list[str]:
        keys = []
        if "email" in self.options.match_on and "email" in values:
            keys.append(f"email:{email_key(values['email'])}")
        if "phone" in self.options.match_on and "phone" in values:
            keys.append(f"phone:{values['phone']}")
        return keys

    def find(self, keys: Iterable[str], *, lock: bool) -> dict[str, set[UUID]]:
        wanted: dict[str, list[str]] = {"email": [], "phone": []}
        for key in keys:
            kind, _, value = key.partition(":")
            wanted[kind].append(value)
        found = find_leads(wanted["email"], wanted["phone"])
        if lock and found:
            ids = set().union(*found.values())
            locked = Lead.objects.filter(id__in=ids).order_by("id").select_for_update()
            there = set(locked.values_list("id", flat=True))
            found = {key: ids & there for key, ids in found.items()}
        return found

    def create(self, records: Mapping[UUID, Values], first_number: int) -> None:
        create_leads(records, first_number, self.references, actor=self.actor)

    def update(self, records: Mapping[UUID, Values]) -> None:
        update_leads(records, self.references, actor=self.actor, import_id=self.batch.id)


def parse_website(text: str) -> str:
    text = parse_text(text, max_length=200)
    if not IS_WEBSITE.match(text):
        raise ValueProblem("invalid", WEBSITE_NEEDED)
    return text


def assignees() -> dict[str, UUID]:
    """The active seats of the tenant by their addresses."""
    return dict(seats.of_tenant().filter(is_active=True).values_list("user__email_key", "id"))
