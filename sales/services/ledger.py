"""The ledger of quantities: how much of each quoted or proforma line was taken over, and by what.

Whoever changes it holds the source document's row lock; the database refuses more than there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from crm.services.customers import lock_customer
from nextgenerp.core.exceptions import Conflict
from nextgenerp.core.records import locked
from nextgenerp.core.tenancy import Actor
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER, SalesKind
from sales.models import Quotation
from sales.services.statuses import put_in

ZERO = Decimal(0)
Quantities = Mapping[UUID, Decimal]


class QuantityExceedsRemaining(Conflict):
    """More was to be taken than remains; ``lines`` has the figures of every line it is true of."""

    code, title = "quantity_exceeds_remaining", "Quantity exceeds what remains"
    detail = "More was asked for than remains."


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document's lines come from, and the column of those lines that counts what went to its kind."""

    kind: SalesKind
    pk: UUID
    counter: str


def source_of(document: Any) -> Source | None:
    """The source of a proforma invoice or an order; None for a fresh one."""
    if getattr(document, "proforma_invoice_id", None):
        return Source(PROFORMA_INVOICE, document.proforma_invoice_id, "ordered_quantity")
    if getattr(document, "quotation_id", None):
        to_order = isinstance(document, SALES_ORDER.model)
        return Source(
            QUOTATION, document.quotation_id, "ordered_quantity" if to_order else "proforma_quantity"
        )
    return None


def hold_quotation(pk: UUID) -> Quotation:
    """A quotation under its lock, and before it the root of its lineage under its own."""
    root = Quotation.objects.filter(pk=pk).values_list("root_id", flat=True).get()
    if root:
        Quotation.objects.select_for_update().only("id").get(pk=root)
    related = Quotation.objects.select_related("status", "customer", "lead__company", "bank_account")
    return locked(related.filter(pk=pk))


def hold_proforma_invoice(pk: UUID) -> Any:
    """A proforma invoice under its lock."""
    related = PROFORMA_INVOICE.model.objects.select_related("status", "customer", "bank_account")
    return locked(related.filter(pk=pk))


def hold_source(source: Source) -> Any:
    return hold_quotation(source.pk) if source.kind is QUOTATION else hold_proforma_invoice(source.pk)


def hold_before(document: Any, *, customer: bool = False, source: bool = True) -> None:
    """Take the locks that come before a document's own, as far as asked: its customer's, its lineage's or source's."""
    if customer and document.customer_id:
        lock_customer(document.customer_id)
    if source:
        hold_origin(document)


def hold_origin(document: Any) -> None:
    source = source_of(document)
    if source is not None:
        hold_source(source)
    elif isinstance(document, Quotation) and document.root_id:
        Quotation.objects.select_for_update().only("id").get(pk=document.root_id)


def taken_by(lines: Iterable[Any]) -> dict[UUID, Decimal]:
    """How much a document's lines take of each source line."""
    taken: dict[UUID, Decimal] = {}
    for line in lines:
        if line.source_line_id:
            taken[line.source_line_id] = taken.get(line.source_line_id, ZERO) + line.quantity
    return taken


def difference(before: Quantities, after: Quantities) -> dict[UUID, Decimal]:
    """How much more of each source line is taken after than before."""
    changes = {one: after.get(one, ZERO) - before.get(one, ZERO) for one in {**before, **after}}
    return {one: change for one, change in changes.items() if change}


def change_taken(source: Source, changes: Quantities, *, actor: Actor) -> None:
    """Count more or less of a source's lines as taken; a quotation becomes converted or accepted again by that.

    The caller holds the source. Raises QuantityExceedsRemaining, with nothing changed.
    """
    if not changes:
        return
    refuse_beyond(source, changes)
    add_to(source.kind.line_model, source.counter, changes)
    if source.kind is QUOTATION:
        follow_quantities(source.pk, actor=actor)


def refuse_beyond(source: Source, changes: Quantities) -> None:
    """Raises QuantityExceedsRemaining for what the source's lines do not have any more."""
    wanted = [one for one, change in changes.items() if change > 0]
    if not wanted:
        return
    lines = source.kind.line_model.objects.filter(document_id=source.pk, pk__in=wanted).in_bulk()
    short = [
        {"sourceLineId": one, "requested": changes[one], "remaining": remaining}
        for one in wanted
        if (remaining := lines[one].remaining_quantity if one in lines else ZERO) < changes[one]
    ]
    if short:
        raise QuantityExceedsRemaining(lines=short)


def add_to(line_model: Any, column: str, quantities: Quantities) -> None:
    """Add quantities, negative ones too, to a column of some lines. One statement."""
    statement = sql.SQL(
        "UPDATE {table} SET {column} = {table}.{column} + change.quantity "
        "FROM unnest(%s::uuid[], %s::numeric[]) AS change (id, quantity) WHERE {table}.id = change.id"
    ).format(table=sql.Identifier(line_model._meta.db_table), column=sql.Identifier(column))
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(quantities), list(quantities.values())])


def follow_quantities(quotation_id: UUID, *, actor: Actor) -> None:
    """Put a held quotation into the category its quantities say: converted when all of them are taken."""
    quotation = Quotation.objects.select_related("status", "customer", "lead__company", "bank_account").get(
        pk=quotation_id
    )
    remaining = any(line.remaining_quantity for line in quotation.lines.all())
    category = quotation.status.category
    if category in {"sent", "accepted"} and not remaining:
        put_in(QUOTATION, quotation, "converted", actor=actor)
    elif category == "converted" and remaining:
        put_in(QUOTATION, quotation, "accepted", actor=actor)
