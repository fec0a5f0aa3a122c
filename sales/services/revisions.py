"""Revisions of quotations: a new draft in the place of what was sent, one at a time, in one line."""

from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q

from nextgenerp.core import history
from nextgenerp.core.documents.services import create_document
from nextgenerp.core.exceptions import Conflict, InUse, InvalidTransition
from nextgenerp.core.tenancy import Actor, tenant_today
from sales.kinds import QUOTATION
from sales.models import Quotation
from sales.services.conversion import COPIED, COPIED_LINE
from sales.services.statuses import DRAFT, default_status, put_in

REVISABLE = ("sent", "accepted", "rejected", "expired")
HEADER = (*COPIED, "customer", "lead", "valid_until", "discount_value", "charges")
LINE = (*COPIED_LINE, "quantity", "discount_value")


def lineage(quotation: Quotation) -> Any:
    """The original of a quotation and all its revisions."""
    root = quotation.root_id or quotation.pk
    return Quotation.objects.filter(Q(pk=root) | Q(root=root))


@transaction.atomic
def revise(quotation: Quotation, *, reason: str = "", actor: Actor) -> Quotation:
    """Make the next revision of a quotation, a draft numbered after the original, and return it.

    The caller holds the original and the quotation. Raises InvalidTransition, InUse where live documents took
    quantities, Conflict ``open_revision``.
    """
    category = quotation.status.category
    if category not in REVISABLE:
        raise InvalidTransition.between(
            f"A quotation that is {category} has no revision; it must be: {', '.join(REVISABLE)}.",
            category, DRAFT, QUOTATION.by_hand.get(category, ()),
        )  # fmt: skip
    refuse_taken(quotation)
    members = lineage(quotation)
    open_one = members.filter(status__category=DRAFT).first()
    if open_one is not None:
        raise Conflict(f"{open_one.number} is open already.", code="open_revision", id=open_one.pk)
    revision = members.aggregate(last=Max("revision"))["last"] + 1
    original = quotation.root or quotation
    made: Quotation = create_document(
        QUOTATION,
        {name: getattr(quotation, name) for name in HEADER}
        | {
            "status": default_status(QUOTATION), "date": tenant_today(), "root": original, "revises": quotation,
            "revision": revision, "revision_reason": reason,
        },
        [{name: getattr(line, name) for name in LINE} | {"source_line_id": line.pk} for line in quotation.lines.all()],
        actor=actor,
        number=f"{original.number}-R{revision}",
    )  # fmt: skip
    history.record(
        quotation, "revised", actor=actor, changes={"revision": [None, made.number], "reason": [None, reason]}
    )
    return made


def refuse_taken(quotation: Quotation) -> None:
    """Raises InUse where live documents took quantities of a held quotation."""
    taken = quotation.lines.filter(
        quantity__gt=F("quantity") - F("proforma_quantity") - F("ordered_quantity")
    )
    count = taken.count()
    if count:
        raise InUse(f"Proforma invoices or orders have taken quantities of {count} lines.", lines=count)


def supersede_earlier(quotation: Quotation, *, actor: Actor) -> None:
    """Put the earlier revisions of one that is sent out of force. The caller holds the original.

    Raises InUse where live documents took quantities of one of them.
    """
    if not quotation.root_id:
        return
    before = lineage(quotation).filter(revision__lt=quotation.revision)
    held = list(before.order_by("revision").select_for_update().values_list("pk", flat=True))
    related = Quotation.objects.select_related("status", "customer", "lead__company", "bank_account")
    for one in (
        related.filter(pk__in=held).exclude(status__category__in=[DRAFT, "superseded"]).order_by("revision")
    ):
        refuse_taken(one)
        put_in(QUOTATION, one, "superseded", actor=actor)
