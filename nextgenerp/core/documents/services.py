"""Documents made, changed, frozen and deleted: quotations, proforma invoices, sales orders and invoices alike.

What a document may do in its life (statuses, conversions, payments) is its app's; this is what all have in common.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from nextgenerp.core import history
from nextgenerp.core.addresses import no_address
from nextgenerp.core.documents import numbering
from nextgenerp.core.documents.company import Company, company, defaults_for
from nextgenerp.core.documents.computation import recompute, supply_type_of
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.lines import changes_of, merged, state_of, store_lines
from nextgenerp.core.documents.models import Document, DocumentLine
from nextgenerp.core.documents.place_of_supply import check_place, default_place
from nextgenerp.core.documents.printing import snapshot_of
from nextgenerp.core.search import search_text
from nextgenerp.core.tenancy import Actor, tenant_today

RELATIONS = {"customer", "bank_account"}
SPOKEN = {"rounds_off": "round_off"}  # the name of a column where the API has another
ADDRESSES = ("billing_address", "shipping_address")


@transaction.atomic
def create_document(
    kind: DocumentKind,
    values: dict[str, Any],
    lines: Sequence[dict[str, Any]],
    *,
    actor: Actor,
    number: str = "",
) -> Any:
    """Store a new document with its lines, and return it.

    ``values`` are columns, with ``customer`` and ``bank_account`` records; what is not given is filled from the
    customer and the company. Lines are columns with ``product`` a record. ``number`` is a revision's own; otherwise
    the series gives the next one, whose counter stays locked until the transaction ends. Raises Invalid naming the
    field, LimitReached, Conflict ``series_exhausted``.
    """
    defaults = defaults_for(kind.document_type)
    values = {
        "date": tenant_today(),
        "owner_id": actor.seat_id,
        "terms": defaults.terms,
        "rounds_off": defaults.company.profile.round_off,
    } | as_stored(values)
    if "bank_account" not in values:
        values["bank_account_id"] = defaults.bank_account_id
    own = defaults.company
    document = kind.model(**values, created_by_id=actor.seat_id, charges_gst=own.charges_gst)
    fill_from_customer(document, own)
    made = merged(kind, document, [], [{**line, "id": None} for line in lines])
    compute_as_of_now(document, made, own)
    # Others wait for the counters: what takes long comes before them.
    store_lines(kind, made, {})
    history.record(document, "created", actor=actor)
    if kind.claim is not None:
        kind.claim()
    document.number = number or numbering.take_number(kind.document_type, document.date, document.pk)
    document.search_text = search_text(document.number, document.reference_no)
    document.save(force_insert=True)
    remember_lines(document, made)
    return document


@transaction.atomic
def update_document(
    kind: DocumentKind,
    document: Any,
    values: dict[str, Any],
    lines: Sequence[dict[str, Any]] | None = None,
    *,
    actor: Actor,
    action: str = "updated",
) -> Any:
    """Store what differs, raise the version and write the history; nothing happens when nothing does.

    The caller holds the row lock and has decided that the document may be changed. ``lines`` replace the list, None
    leaves it. A draft is computed anew with the company's options of today and takes a new number when its date
    moves into another period; a document that has left draft keeps its figures. Raises Invalid, Conflict
    ``series_exhausted``.
    """
    there = list(document.lines.all())
    before, date_before, payable = state_of(there), document.date, document.payable
    changes = changed(document, as_stored(values))
    own = company() if document.snapshot is None else None
    if own is not None:
        document.charges_gst = own.charges_gst
    now = there if lines is None else merged(kind, document, there, lines)
    if own is not None:
        fill_from_customer(document, own)
        compute_as_of_now(document, now, own)
        number = numbering.renumber(kind.document_type, document, date_before)
        changes |= history.changed(document, {"number": number})
    changes |= changes_of(before, now)
    if document.payable != payable:
        changes["payable"] = [payable, document.payable]
    if changes or state_of(now) != before:
        document.search_text = search_text(document.number, document.reference_no)
        document.version += 1
        document.save(force_update=True)
        store_lines(kind, now, before)
        history.record(document, action, actor=actor, changes=changes)
    remember_lines(document, now)
    return document


@transaction.atomic
def delete_draft(kind: DocumentKind, document: Any, *, actor: Actor) -> None:
    """Delete a document for good; its number stays in the register as void, its history stays too.

    The caller holds the row lock and has decided that it is a draft. Raises RestrictedError where others refer to it.
    """
    numbering.void_number(document)
    history.record(document, "deleted", actor=actor, changes={"number": [document.number, None]})
    document.delete()


def freeze(kind: DocumentKind, document: Any) -> None:
    """Copy what is printed of others (company, customer, bank account) onto a document that leaves draft.

    The caller saves the column ``snapshot`` with the new status, in the transaction that holds the row lock.
    """
    document.snapshot = snapshot_of(kind, document, company())


def as_stored(values: dict[str, Any]) -> dict[str, Any]:
    """Values with charges as the column keeps them."""
    if "charges" not in values:
        return dict(values)
    charges = [
        {
            "label": charge["label"],
            "amount": f"{Decimal(charge['amount']):.2f}",
            "taxable": bool(charge.get("taxable")),
        }
        for charge in values["charges"]
    ]
    return values | {"charges": charges}


def changed(document: Any, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Set a document's columns and return what differs, records by their names.

    A new customer brings addresses and a place of supply unless others are given.
    """
    values, changes = dict(values), {}
    records = {name: values.pop(name) for name in RELATIONS & set(values)}
    for name, record in records.items():
        old = getattr(document, name)
        if old != record:
            changes[name] = [None if one is None else str(one) for one in (old, record)]
            setattr(document, name, record)
    if "customer" in changes:
        values = {name: no_address() for name in ADDRESSES} | {"place_of_supply": ""} | values
    changes |= history.changed(document, values)
    return {SPOKEN.get(name, name): pair for name, pair in changes.items()}


def fill_from_customer(document: Any, own: Company) -> None:
    """Give a document the addresses and the place of supply it lacks. Raises Invalid for a place there is not."""
    customer = document.customer
    if customer is not None and not any(document.billing_address.values()):
        document.billing_address = customer.billing_address
    if not any(document.shipping_address.values()):
        others = customer.shipping_addresses if customer is not None else []
        document.shipping_address = others[0] if others else document.billing_address
    for name in ADDRESSES:
        setattr(document, name, no_address() | getattr(document, name))
    document.place_of_supply = (
        check_place(document.place_of_supply)
        if document.place_of_supply
        else default_place(
            gst_category=customer.gst_category if customer else "",
            gstin=customer.gstin if customer else "",
            billing_state=document.billing_address["stateCode"],
            shipping_state=document.shipping_address["stateCode"],
            company_state=own.state_code,
        )
    )


def compute_as_of_now(document: Document, lines: Sequence[DocumentLine], own: Company) -> None:
    """Compute a document with what the company says today. Raises Invalid naming the field."""
    document.tax_rounding = own.profile.tax_rounding
    document.supply_type = supply_type_of(document, own.state_code)
    recompute(document, lines)


def remember_lines(document: Any, lines: Sequence[DocumentLine]) -> None:
    """Let ``document.lines.all()`` answer what has just been written, without a query."""
    document._prefetched_objects_cache = {"lines": list(lines)}
