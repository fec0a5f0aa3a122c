"""Expenses made, changed, decided on, paid and deleted: the API and demo data come through here."""

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.grants import rank
from finance.models import Expense
from nextgenerp.core import entitlements, history
from nextgenerp.core.exceptions import Conflict, Forbidden, Invalid, InvalidTransition
from nextgenerp.core.files import IMAGES, PDF, delete_file, store_file
from nextgenerp.core.models import HistoryEntry, StoredFile
from nextgenerp.core.tenancy import Actor, tenant_today

COUNTER = "expenses"
MAX_RECEIPT_BYTES = 10_000_000
DERIVED = ("category_key", "vendor_key", "search_text")
Status = Expense.Status
NEXT: dict[str, list[str]] = {
    Status.PENDING: [Status.APPROVED, Status.REJECTED],
    Status.APPROVED: [Status.PAID, Status.REJECTED],
    Status.REJECTED: [Status.PENDING],
    Status.PAID: [],
}
LOCKED = {Status.APPROVED, Status.PAID}
# What is only known once an approved expense is paid.
SETTLED_WITH = {"payment_method", "reference"}


@transaction.atomic
def create_expense(values: dict[str, Any], *, actor: Actor) -> Expense:
    """Store a new, pending expense, of today unless dated; takes the counter's lock.

    ``values`` are columns and ``receipt``, an upload. The GST in the amount follows from the rate unless given.
    Raises Invalid, TooLarge.
    """
    values = {"date": tenant_today(), **values}
    receipt, gst_amount = values.pop("receipt", None), values.pop("gst_amount", None)
    expense = Expense(**values, created_by_id=actor.seat_id)
    if expense.status != Status.PENDING:
        raise Invalid.field("status", "invalid_choice", "A new expense is pending.")
    expense.gst_amount = gst_within(expense.amount, expense.gst_rate) if gst_amount is None else gst_amount
    refuse_gst_beyond_amount(expense)
    if receipt is not None:
        expense.receipt_id = store_receipt(expense, receipt, actor)
    expense.number = f"EX-{entitlements.claim(COUNTER):05d}"
    expense.derive()
    expense.save(force_insert=True)
    history.record(expense, "created", actor=actor)
    return expense


@transaction.atomic
def update_expense(expense: Expense, values: dict[str, Any], *, actor: Actor) -> Expense:
    """Store what differs, a decision in ``status`` included; the caller holds the row lock.

    Raises Conflict ``locked`` for an approved or paid one, InvalidTransition, Forbidden for whoever may not decide,
    Invalid, TooLarge.
    """
    values = dict(values)
    before = expense.status
    status, receipt = values.pop("status", before), values.pop("receipt", ...)
    values |= gst_of(expense, values)
    if status != before:
        check_transition(expense, status, actor)
    changes = history.changed(expense, values)
    settled = SETTLED_WITH if status == Status.PAID and before == Status.APPROVED else set()
    if before in LOCKED and (set(changes) - settled or receipt is not ...):
        raise Conflict(f"{expense.number} is {before}: it cannot be changed.", code="locked")
    refuse_gst_beyond_amount(expense)
    if receipt is not ...:
        changes |= replace_receipt(expense, receipt, actor)
    changes |= history.changed(expense, {"status": status})
    if changes:
        expense.derive()
        expense.version += 1
        expense.save(update_fields=[*changes, *DERIVED, "version", "updated_at"])
        action = "updated" if status == before else str(status)
        history.record(expense, action, actor=actor, changes=changes)
    return expense


@transaction.atomic
def delete_expense(expense: Expense, *, actor: Actor) -> None:
    """Delete a pending or rejected expense and its receipt; its history stays. The caller holds the row lock.

    Raises Conflict ``locked``.
    """
    if expense.status in LOCKED:
        raise Conflict(f"{expense.number} is {expense.status}: it cannot be deleted.", code="locked")
    history.record(expense, "deleted", actor=actor)
    drop_receipt(expense.receipt_id)
    expense.delete()
    entitlements.release(COUNTER)


def gst_within(amount: Decimal, rate: Decimal) -> Decimal:
    """The GST at ``rate`` percent that is in an amount, in rupees, rounded half up to the paisa."""
    paise = Fraction(amount) * 100 * Fraction(rate) / (100 + Fraction(rate))
    return Decimal(floor(paise + Fraction(1, 2))).scaleb(-2)


def gst_of(expense: Expense, values: dict[str, Any]) -> dict[str, Decimal]:
    """The GST after a change of ``values``: as given, else by a new rate, else as before.

    One that was reckoned from the rate follows the amount; one that was given stays.
    """
    given = values.pop("gst_amount", None)
    if given is not None:
        return {"gst_amount": given}
    rate, amount = values.get("gst_rate", expense.gst_rate), values.get("amount", expense.amount)
    reckoned = expense.gst_amount == gst_within(expense.amount, expense.gst_rate)
    return {"gst_amount": gst_within(amount, rate)} if reckoned or rate != expense.gst_rate else {}


def refuse_gst_beyond_amount(expense: Expense) -> None:
    if expense.gst_amount > expense.amount:
        raise Invalid.field("gstAmount", "max_value", "The GST is a part of the amount, not more than it.")


def check_transition(expense: Expense, status: str, actor: Actor) -> None:
    """Hold a change of status to its order and to who may decide. Raises InvalidTransition, Forbidden."""
    allowed = NEXT[expense.status]
    if status not in allowed:
        raise InvalidTransition.between(
            f"{expense.number} is {expense.status}.", expense.status, status, allowed
        )
    if status in {Status.APPROVED, Status.REJECTED}:
        check_approver(expense, actor)


def check_approver(expense: Expense, actor: Actor) -> None:
    """Only a manager or above decides on an expense, and nobody on one they entered. Raises Forbidden."""
    if rank(actor.role) < rank("manager"):
        raise Forbidden("Only a manager or above decides on expenses.")
    # By user: a platform operator enters and decides without a seat.
    if HistoryEntry.objects.filter(record_id=expense.id, action="created", user_id=actor.user_id).exists():
        raise Forbidden("Nobody decides on an expense they entered themselves.")


def store_receipt(expense: Expense, upload: Any, actor: Actor) -> UUID:
    """Store an image or a PDF as the receipt of an expense. Raises TooLarge, Invalid."""
    return store_file(
        upload, record_type=Expense._meta.label, record_id=expense.id, actor=actor, allowed=(*IMAGES, PDF),
        max_bytes=MAX_RECEIPT_BYTES, field="receipt",
    ).id  # fmt: skip


def replace_receipt(expense: Expense, upload: Any, actor: Actor) -> dict[str, list[Any]]:
    """Give an expense another receipt, or none; returns the change. Raises TooLarge, Invalid."""
    old = expense.receipt_id
    new = store_receipt(expense, upload, actor) if upload is not None else None
    drop_receipt(old)
    return history.changed(expense, {"receipt_id": new})


def drop_receipt(file_id: UUID | None) -> None:
    stored = StoredFile.objects.filter(id=file_id).first() if file_id else None
    if stored is not None:
        delete_file(stored)
