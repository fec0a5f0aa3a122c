"""Customers made, changed and deleted, and what they owe; documents lock them here."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from crm.models import Customer
from crm.services.tagging import replace_tags, tag
from crm.tax_identity import COLUMNS, NOTHING, IdentityProblem, complete_identity
from nextgenerp.core import entitlements, history
from nextgenerp.core.exceptions import Duplicate, InUse, Invalid, NotFound
from nextgenerp.core.names import camel_case
from nextgenerp.core.records import count_references
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor

LIMIT = "customers"
DERIVED = ("city_key", "state_code", "email_key", "name_key", "search_text")
CHANGE_OUTSTANDING = "UPDATE customer SET outstanding = outstanding + %s WHERE id = %s RETURNING outstanding"


@transaction.atomic
def create_customer(values: dict[str, Any], *, actor: Actor) -> Customer:
    """Store a new customer under the next code.

    ``values`` are columns, with ``tags`` a list of LeadTag; the owner is the actor unless given. Takes the counter's
    lock. Raises Invalid, LimitReached, and Duplicate for a GSTIN another customer has.
    """
    values = {"owner_id": actor.seat_id, **values}
    tags = values.pop("tags", [])
    customer = Customer(**values | identity(NOTHING, values))
    refuse_taken_gstin(customer, actor)
    customer.number = entitlements.claim(LIMIT)
    customer.code = f"CU-{customer.number:05d}"
    customer.derive()
    store(customer, lambda: customer.save(force_insert=True), actor)
    tag(customer, tags)
    history.record(customer, "created", actor=actor)
    return customer


@transaction.atomic
def update_customer(customer: Customer, values: dict[str, Any], *, actor: Actor) -> Customer:
    """Store what differs, raise the version and write the history; the caller holds the row lock.

    ``values`` as for ``create_customer``; an address is given whole. Raises Invalid, Duplicate.
    """
    columns = dict(values)
    tags = columns.pop("tags", None)
    columns |= identity({name: getattr(customer, name) for name in COLUMNS}, columns)
    changes = history.changed(customer, columns)
    if "gstin" in changes:
        refuse_taken_gstin(customer, actor)
    written = list(changes)
    changes |= replace_tags(customer, tags)
    if changes:
        customer.derive()
        customer.version += 1
        names = [*written, *DERIVED, "version", "updated_at"]
        store(customer, lambda: customer.save(update_fields=names), actor)
        history.record(customer, "updated", actor=actor, changes=changes)
    return customer


@transaction.atomic
def delete_customer(customer: Customer, *, actor: Actor) -> None:
    """Delete a customer for good; its history stays, its place in the limit is free again.

    The caller holds the row lock. Raises InUse with the ``counts`` of what refers to it, by kind.
    """
    counts = count_references(customer)
    if counts:
        raise InUse("Other records use this customer; it can be made inactive.", counts=counts)
    history.record(customer, "deleted", actor=actor)
    customer.delete()
    entitlements.release(LIMIT)


def lock_customer(customer_id: UUID) -> Customer:
    """Lock a customer's row until the transaction ends, and return it as it is now. Raises NotFound.

    New documents may refer to it meanwhile: whoever makes one holds a number by then.
    """
    customer = Customer.objects.select_for_update(of=("self",), no_key=True).filter(id=customer_id).first()
    if customer is None:
        raise NotFound
    return customer


def change_outstanding(customer_id: UUID, delta: Decimal) -> Decimal:
    """Add ``delta`` rupees (below 0: take off) to what a customer owes, and return what that is now.

    The caller has locked the customer (``lock_customer``) before any document. The version stays: this is a derived
    figure. Raises NotFound, and IntegrityError (409) where less than nothing would be owed.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHANGE_OUTSTANDING, [delta, customer_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    return row[0]


def identity(before: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The columns of the tax identity. Raises Invalid."""
    try:
        return complete_identity(before, values)
    except IdentityProblem as problem:
        raise Invalid.field(camel_case(problem.column), problem.code, problem.detail) from None


def store(customer: Customer, write: Callable[[], None], actor: Actor) -> None:
    """Run a write; when another customer got the GSTIN in the meantime, say so. Raises Duplicate."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        refuse_taken_gstin(customer, actor)
        raise


def refuse_taken_gstin(customer: Customer, actor: Actor) -> None:
    """Raise Duplicate where another customer has the GSTIN, with its id where the actor may see it."""
    others = Customer.objects.filter(gstin=customer.gstin).exclude(id=customer.id)
    if customer.gstin and others.exists():
        shown = visible(others, actor).values("id", "code", "name").first()
        raise Duplicate("There is a customer with this GSTIN.", existing=shown)
