"""What happened last in a tenant, as far as an actor may see it: history rows of the records they see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Coalesce

from crm.models import Customer, Deal, Lead, LeadActivity
from finance.models import Expense, Invoice
from nextgenerp.core import seats
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor
from sales.models import ProformaInvoice, Quotation, SalesOrder

MOST = 20
# Whoever sees few records is looked up among so many rows, not in the whole history.
LOOKED_AT = 5000
FIRST = Value(UUID(int=0), output_field=UUIDField())


@dataclass(frozen=True, slots=True)
class Kind:
    """The records of one kind: whose module they are of, how they are named, and which of them an actor sees.

    ``name`` makes a text of a record without a query; ``seen(actor)`` is a queryset.
    """

    name: str
    module: str
    seen: Callable[[Actor], QuerySet]
    text: Callable[[Any], str]


def leads(actor: Actor) -> QuerySet:
    return visible(Lead.objects.select_related("company"), actor)


def activities(actor: Actor) -> QuerySet:
    seen = visible(Lead.objects.filter(pk=OuterRef("lead_id")), actor)
    whole = LeadActivity.objects.all()
    return whole if actor.scope("Leads") == "all" else whole.filter(Exists(seen))


def customers(actor: Actor) -> QuerySet:
    return visible(Customer.objects.all(), actor)


def deals(actor: Actor) -> QuerySet:
    return visible(Deal.objects.all(), actor)


def quotations(actor: Actor) -> QuerySet:
    return visible(Quotation.objects.all(), actor)


def proforma_invoices(actor: Actor) -> QuerySet:
    return visible(ProformaInvoice.objects.all(), actor)


def sales_orders(actor: Actor) -> QuerySet:
    return visible(SalesOrder.objects.all(), actor)


def invoices(actor: Actor) -> QuerySet:
    return visible(Invoice.objects.all(), actor)


def expenses(actor: Actor) -> QuerySet:
    return visible(Expense.objects.all(), actor)


# By the record types of the history; apps add a line for each kind of theirs.
KINDS = {
    "crm.Lead": Kind("lead", "Leads", leads, attrgetter("name")),
    "crm.LeadActivity": Kind(
        "activity", "Leads", activities, lambda one: one.subject or one.get_type_display()
    ),
    "crm.Customer": Kind("customer", "Customers", customers, attrgetter("name")),
    "crm.Deal": Kind("deal", "Leads", deals, attrgetter("title")),
    "sales.Quotation": Kind("quotation", "Quotations", quotations, attrgetter("number")),
    "sales.ProformaInvoice": Kind(
        "proformaInvoice", "Proforma Invoices", proforma_invoices, attrgetter("number")
    ),
    "sales.SalesOrder": Kind("salesOrder", "Sales Orders", sales_orders, attrgetter("number")),
    "finance.Invoice": Kind("invoice", "Finance", invoices, attrgetter("number")),
    "finance.Expense": Kind("expense", "Finance", expenses, attrgetter("number")),
}


def recent_activities(actor: Actor) -> list[dict[str, Any]]:
    """The newest changes of records the actor sees; a query for them, one for each kind's names, one for seats'.

    What was deleted is seen, without a name, by who sees all records of its kind. Of a long history only the latest
    5,000 rows are looked through.
    """
    kinds = {label: kind for label, kind in KINDS.items() if actor.can(kind.module, "canView")}
    condition = Q(pk=None)
    for label, kind in kinds.items():
        condition |= seen_rows(label, kind, actor)
    newest = HistoryEntry.objects.order_by("-id")
    floor = Coalesce(newest.values("id")[LOOKED_AT : LOOKED_AT + 1], FIRST)
    rows = list(
        newest.filter(condition, id__gte=floor).values_list(
            "id", "created_at", "record_type", "record_id", "action", "seat_id"
        )[:MOST]
    )
    names = names_of(((label, record_id) for _, _, label, record_id, *_ in rows), kinds, actor)
    people = seats.names({seat for *_, seat in rows if seat}) if rows else {}
    return [
        {
            "id": identifier, "at": at, "kind": kinds[label].name, "recordId": record_id,
            "name": names.get((label, record_id)), "action": action, "actor": people.get(seat),
        }
        for identifier, at, label, record_id, action, seat in rows
    ]  # fmt: skip


def seen_rows(label: str, kind: Kind, actor: Actor) -> Q:
    """The history rows of a kind's records that an actor sees."""
    if actor.scope(kind.module) == "all":
        return Q(record_type=label)
    return Q(Exists(kind.seen(actor).filter(pk=OuterRef("record_id")).order_by()), record_type=label)


def names_of(
    records: Iterable[tuple[str, UUID]], kinds: dict[str, Kind], actor: Actor
) -> dict[tuple[str, UUID], str]:
    """What records are called, one query for each kind."""
    wanted: dict[str, set[UUID]] = {}
    for label, record_id in records:
        wanted.setdefault(label, set()).add(record_id)
    return {
        (label, record.pk): kinds[label].text(record)
        for label, ids in wanted.items()
        for record in kinds[label].seen(actor).filter(pk__in=ids)
    }
