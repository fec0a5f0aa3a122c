"""Quotations become proforma invoices and orders, proforma invoices become orders: by source line and quantity."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction

from crm.models import Customer
from nextgenerp.core import history
from nextgenerp.core.documents.services import create_document
from nextgenerp.core.exceptions import Conflict, Invalid, InvalidTransition
from nextgenerp.core.tenancy import Actor
from sales import shares
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER, SalesKind
from sales.models import Quotation
from sales.services.ledger import QuantityExceedsRemaining, Source, add_to, hold_source
from sales.services.statuses import default_status, put_in

ZERO = Decimal(0)
CANCELLED = "cancelled"
# What a source must be to be taken from.
CONVERTIBLE = {
    QUOTATION.model: ("sent", "accepted"),
    PROFORMA_INVOICE.model: ("sent", "partially_paid", "paid", "overdue"),
}
COPIED = (
    "billing_address", "shipping_address", "place_of_supply", "reverse_charge", "export_type", "tax_mode", "currency",
    "discount_type", "rounds_off", "notes", "terms", "bank_account", "reference_no", "owner_id",
)  # fmt: skip
COPIED_LINE = (
    "product_id", "name", "description", "hsn_sac", "unit", "unit_price", "discount_type", "gst_rate", "cess_rate",
    "tax_treatment",
)  # fmt: skip
Wanted = Sequence[tuple[UUID, Decimal]]


@transaction.atomic
def convert(
    source: Source, into: SalesKind, values: dict[str, Any], *, wanted: Wanted | None = None, actor: Actor
) -> Any:
    """Make a document of what remains of a source, or of the quantities ``wanted`` of its lines, and return it.

    ``values`` are columns the new document does not take over. Locks the source, so that no quantity is taken twice.
    Raises InvalidTransition, Conflict ``already_converted`` and ``customer_required``, QuantityExceedsRemaining,
    Invalid.
    """
    document = hold_source(source)
    refuse_unconvertible(document, into)
    customer = customer_of(document)
    lines = list(document.lines.all())
    parts = parts_of(lines, wanted)
    given = given_before(source, document, lines, parts)
    add_to(source.kind.line_model, source.counter, {part.line.pk: part.quantity for part in parts})
    everything = takes_everything(lines, parts)
    if everything and source.kind is QUOTATION:
        put_in(QUOTATION, document, "converted", actor=actor)
    made = create_document(
        into,
        {
            "status": default_status(into),
            "customer": customer,
            **{name: getattr(document, name) for name in COPIED},
            **amounts_between(document, lines, parts, given, everything),
            **values,
        },
        [line_values(part, given) for part in parts],
        actor=actor,
    )
    history.record(document, "converted", actor=actor, changes={into.document_type: [None, made.number]})
    return made


def refuse_unconvertible(document: Any, into: SalesKind) -> None:
    """Raises Conflict ``already_converted``, InvalidTransition."""
    allowed, category = CONVERTIBLE[type(document)], document.status.category
    if category == "converted":
        raise Conflict("All of this quotation has been converted.", code="already_converted")
    if category not in allowed:
        raise InvalidTransition.between(
            f"No {into.name} is made of one that is {category}; it must be: {', '.join(allowed)}.",
            category, "converted", allowed,
        )  # fmt: skip


def customer_of(document: Any) -> Any:
    """The customer of a source, or the one its lead has become. Raises Conflict ``customer_required``."""
    if document.customer is not None:
        return document.customer
    lead = document.lead if isinstance(document, Quotation) else None
    found = Customer.objects.filter(pk=lead.customer_id).first() if lead and lead.customer_id else None
    if found is None:
        raise Conflict("The lead is no customer yet: convert it first.", code="customer_required")
    return found


def remaining(line: Any) -> Decimal:
    return line.remaining_quantity


def parts_of(
    lines: Sequence[Any], wanted: Wanted | None, left: Callable[[Any], Decimal] = remaining
) -> list[shares.Part]:
    """What is taken of which lines, in their order; all that is ``left`` unless quantities are wanted.

    Raises Invalid for lines the source does not have, QuantityExceedsRemaining for more than is left.
    """
    if wanted is None:
        parts = [shares.Part(line, left(line), rest=True) for line in lines if left(line) > 0]
        if not parts:
            raise QuantityExceedsRemaining("Nothing remains.", lines=[])
        return parts
    known = {line.pk: line for line in lines}
    refuse_unknown(known, wanted)
    short = [
        {"sourceLineId": pk, "requested": quantity, "remaining": left(known[pk])}
        for pk, quantity in wanted
        if quantity > left(known[pk])
    ]
    if short:
        raise QuantityExceedsRemaining(lines=short)
    asked = dict(wanted)
    return [
        shares.Part(line, asked[line.pk], rest=asked[line.pk] == left(line))
        for line in lines
        if line.pk in asked
    ]


def refuse_unknown(known: dict[UUID, Any], wanted: Wanted) -> None:
    """Raises Invalid for lines that are not the source's, or come twice."""
    seen: set[UUID] = set()
    errors = []
    for index, (pk, _) in enumerate(wanted):
        if pk not in known or pk in seen:
            detail = "This line comes twice." if pk in seen else "The source has no such line."
            code = "duplicate" if pk in seen else "does_not_exist"
            errors.append({"field": f"lines.{index}.sourceLineId", "code": code, "detail": detail})
        seen.add(pk)
    if errors:
        raise Invalid("Some lines are not valid.", errors=errors)


def takes_everything(
    lines: Iterable[Any], parts: Sequence[shares.Part], left: Callable[[Any], Decimal] = remaining
) -> bool:
    """Whether nothing of the source is left after some parts are taken."""
    rest = {part.line.pk for part in parts if part.rest}
    return all(line.pk in rest or not left(line) for line in lines)


def given_before(
    source: Source, document: Any, lines: Sequence[Any], parts: Sequence[shares.Part]
) -> shares.Given:
    """What live documents made of the source have of its amounts already; asked only where it matters."""
    amounts = document.charges or any(
        one.discount_type == "amount" and one.discount_value
        for one in (document, *(part.line for part in parts))
    )
    if not amounts or shares.is_whole(lines, parts):
        return shares.Given()
    kinds = (PROFORMA_INVOICE, SALES_ORDER) if source.kind is QUOTATION else (SALES_ORDER,)
    key = "quotation" if source.kind is QUOTATION else "proforma_invoice"
    documents = [
        one
        for kind in kinds
        for one in kind.model.objects.filter(**{key: document}).exclude(status__category=CANCELLED)
    ]
    made = [
        line
        for kind in kinds
        for line in kind.line_model.objects.filter(
            document__in=[one.pk for one in documents], source_line_id__in=[part.line.pk for part in parts]
        )
    ]
    return shares.given_by(documents, made)


def amounts_between(
    document: Any, lines: Sequence[Any], parts: Sequence[shares.Part], given: shares.Given, everything: bool
) -> dict[str, Any]:
    """The new document's own discount and charges."""
    if shares.is_whole(lines, parts):
        return {"discount_value": document.discount_value, "charges": document.charges}
    fraction: Fraction = shares.fraction_of(lines, parts)
    most = sum((shares.net_after(part, given) for part in parts), ZERO)
    return {
        "discount_value": shares.document_discount(document, fraction, given.document, most, rest=everything),
        "charges": shares.charges(document, fraction, given.charges, rest=everything),
    }


def line_values(part: shares.Part, given: shares.Given) -> dict[str, Any]:
    """A line of the new document."""
    line = part.line
    return {name: getattr(line, name) for name in COPIED_LINE} | {
        "quantity": part.quantity,
        "discount_value": shares.line_discount(part, given.lines),
        "source_line_id": line.pk,
    }
