"""What happens when a person moves a document to another category: checks first, then effects, then the status."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from nextgenerp.core.exceptions import InUse, Invalid
from nextgenerp.core.tenancy import Actor
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER, SalesKind
from sales.models import DocumentStatus, ProformaInvoice, Quotation
from sales.services import orders
from sales.services.ledger import change_taken, source_of, taken_by
from sales.services.revisions import refuse_taken, supersede_earlier
from sales.services.statuses import hold_status, refuse_transition, store_status

ZERO = 0
Effect = Callable[..., None]


@transaction.atomic
def change_status(
    kind: SalesKind,
    document: Any,
    status: DocumentStatus,
    *,
    reason: str = "",
    strict: bool = False,
    actor: Actor,
) -> None:
    """Move a document to a status by hand; nothing happens when it is there already.

    The caller holds the document and what is locked before it. ``strict`` refuses to confirm an order for which stock
    is short. Raises InvalidTransition, Invalid for a missing reason, and what the effects raise.
    """
    if status.pk == document.status_id:
        return
    hold_status(status)
    category: str = getattr(status, "category")  # noqa: B009 - each family has its own column
    if category != document.status.category:
        refuse_transition(kind, document, category)
        if category == "rejected" and not reason:
            raise Invalid.field("reason", "required", "Say why it was rejected.")
        effect = EFFECTS.get((kind.document_type, category))
        if effect is not None:
            effect(document, strict=strict, actor=actor)
    store_status(kind, document, status, reason=reason, actor=actor)


def give_back(document: Any, *, actor: Actor) -> None:
    """Give back to its source what a document took of it; the caller holds the source."""
    source = source_of(document)
    if source is not None:
        taken = taken_by(document.lines.all())
        change_taken(source, {line: -quantity for line, quantity in taken.items()}, actor=actor)


def send_quotation(quotation: Quotation, *, strict: bool, actor: Actor) -> None:
    supersede_earlier(quotation, actor=actor)


def end_quotation(quotation: Quotation, *, strict: bool, actor: Actor) -> None:
    """One that is rejected or cancelled has no live documents made of it. Raises InUse."""
    refuse_taken(quotation)


def cancel_proforma_invoice(proforma: ProformaInvoice, *, strict: bool, actor: Actor) -> None:
    """Raises InUse for unreversed payments, and for live orders that took quantities."""
    if proforma.settled:
        raise InUse("Payments have been received: reverse them first.", settled=proforma.settled)
    taken = sum(1 for line in proforma.lines.all() if line.ordered_quantity)
    if taken:
        raise InUse(f"Orders have taken quantities of {taken} lines.", lines=taken)
    give_back(proforma, actor=actor)


def confirm_order(order: Any, *, strict: bool, actor: Actor) -> None:
    orders.hold_to_credit_limit(order)
    orders.reserve_stock(order, strict=strict)


def cancel_order(order: Any, *, strict: bool, actor: Actor) -> None:
    orders.refuse_live(order)
    orders.release_stock(order)
    give_back(order, actor=actor)


EFFECTS: dict[tuple[str, str], Effect] = {
    (QUOTATION.document_type, "sent"): send_quotation,
    (QUOTATION.document_type, "rejected"): end_quotation,
    (QUOTATION.document_type, "cancelled"): end_quotation,
    (PROFORMA_INVOICE.document_type, "cancelled"): cancel_proforma_invoice,
    (SALES_ORDER.document_type, "confirmed"): confirm_order,
    (SALES_ORDER.document_type, "cancelled"): cancel_order,
}
