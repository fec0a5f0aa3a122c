"""Sales documents made, changed and deleted: what their states allow, and the quantities they take of their source."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from nextgenerp.core import history
from nextgenerp.core.addresses import AddressProblem, complete_address
from nextgenerp.core.documents import services
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.core.tenancy import Actor, tenant_today
from sales.kinds import QUOTATION, SalesKind
from sales.models import Quotation
from sales.services.ledger import change_taken, difference, source_of, taken_by
from sales.services.lifecycle import change_status, give_back
from sales.services.statuses import DRAFT, default_status, hold_status, put_in


@transaction.atomic
def create_sales_document(kind: SalesKind, values: dict[str, Any], *, actor: Actor) -> Any:
    """Store a new draft with its ``lines``, and return it.

    In the default status unless another one of drafts is given. Raises what ``create_document`` does.
    """
    values = dict(values)
    lines = values.pop("lines")
    values["status"] = new_status(kind, values.get("status"))
    if kind is QUOTATION:
        values = with_lead(values)
    return services.create_document(kind, values, lines, actor=actor)


def new_status(kind: SalesKind, given: Any) -> Any:
    """The status of a new document. Raises Invalid for one that is not a draft's."""
    if given is None:
        return default_status(kind)
    if given.category != DRAFT:
        raise Invalid.field(
            "statusId", "not_draft", f"A new {kind.name} is a draft; its status is changed afterwards."
        )
    hold_status(given)
    return given


def with_lead(values: dict[str, Any]) -> dict[str, Any]:
    """A quotation's values, with the lead's address where there is no customer. Raises Invalid without either."""
    customer, lead = values.get("customer"), values.get("lead")
    refuse_nobody(customer, lead)
    if customer is not None or lead is None or any(values.get("billing_address", {}).values()):
        return values
    parts = {
        "line1": lead.address[:200], "city": lead.city, "state": lead.state, "pincode": lead.pincode,
        "country": lead.country,
    }  # fmt: skip
    try:
        return values | {"billing_address": complete_address(parts)}
    except AddressProblem:  # leads are not held to the rules of addresses
        return values


def refuse_nobody(customer: Any, lead: Any) -> None:
    if customer is None and lead is None:
        raise Invalid.field("customerId", "required", "A quotation is for a customer, a lead or both.")


@transaction.atomic
def update_sales_document(kind: SalesKind, document: Any, values: dict[str, Any], *, actor: Actor) -> Any:
    """Store what differs of a draft, and take more or less of its source; a ``status`` is moved to afterwards.

    The caller holds the document and what is locked before it. Of an expired quotation ``valid_until`` may change.
    Raises Conflict ``locked``, QuantityExceedsRemaining, and what ``update_document`` and ``change_status`` raise.
    """
    values = dict(values)
    status = values.pop("status", None)
    if values:
        change_values(kind, document, values, actor=actor)
    if status is not None:
        change_status(kind, document, status, actor=actor)
    return document


def change_values(kind: SalesKind, document: Any, values: dict[str, Any], *, actor: Actor) -> None:
    category = document.status.category
    if kind is QUOTATION and category == "expired" and set(values) == {"valid_until"}:
        extend_validity(document, values["valid_until"], actor=actor)
        return
    if category != DRAFT:
        raise Conflict(f"A {kind.name} that is {category} cannot be changed, only a draft.", code="locked")
    if kind is QUOTATION:
        refuse_nobody(values.get("customer", document.customer), values.get("lead", document.lead))
    lines = values.pop("lines", None)
    source = source_of(document)
    if source and lines is not None:  # before the document may take a new number
        there = list(document.lines.all())
        change_taken(source, difference(taken_by(there), still_taken(there, lines)), actor=actor)
    services.update_document(kind, document, values, lines, actor=actor)


def still_taken(there: Iterable[Any], given: Iterable[dict[str, Any]]) -> dict[UUID, Decimal]:
    """How much a document takes of each source line once its list of lines is the one given."""
    known = {line.pk: line for line in there}
    taken: dict[UUID, Decimal] = {}
    for values in given:
        line = known.get(values.get("id"))
        if line is not None and line.source_line_id:
            quantity = values.get("quantity", line.quantity)
            taken[line.source_line_id] = taken.get(line.source_line_id, Decimal(0)) + quantity
    return taken


def extend_validity(quotation: Quotation, valid_until: Any, *, actor: Actor) -> None:
    """Give an expired quotation another last day; one that has not passed reopens it."""
    history.save_changes(quotation, {"valid_until": valid_until}, actor=actor)
    if valid_until is None or valid_until >= tenant_today():
        put_in(QUOTATION, quotation, "sent", actor=actor)


@transaction.atomic
def delete_sales_document(kind: SalesKind, document: Any, *, actor: Actor) -> None:
    """Delete a draft and give back what it took of its source; its number stays as void.

    The caller holds the document and what is locked before it. Raises Conflict ``locked``.
    """
    category = document.status.category
    if category != DRAFT:
        raise Conflict(f"A {kind.name} that is {category} cannot be deleted, only a draft.", code="locked")
    give_back(document, actor=actor)
    services.delete_draft(kind, document, actor=actor)
