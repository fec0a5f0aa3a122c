"""Sales orders as finance knows them: by id, and through the one above that counts what is invoiced of their lines.

``sales`` registers with ``counted_by`` when it is loaded (docs/adr/0016-money-received.md).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from nextgenerp.core.tenancy import Actor

Quantities = Mapping[UUID, Decimal]
ZERO = Decimal(0)


class OrderLedger(Protocol):
    """Who counts the invoiced quantities of orders."""

    def hold(self, order_id: UUID) -> None:
        """Lock an order until the transaction ends; invoices made of it are locked after it."""

    def count(self, order_id: UUID, changes: Quantities, *, actor: Actor) -> None:
        """Count more (or below 0: less) of an order's lines as invoiced, by the lines' ids.

        The caller holds the order. Raises Conflict ``quantity_exceeds_remaining`` with nothing changed.
        """


_ledger: OrderLedger | None = None


def counted_by(ledger: OrderLedger) -> None:
    """Let ``ledger`` count invoiced quantities from now on."""
    global _ledger  # a port with one plug
    _ledger = ledger


def hold_order(order_id: UUID | None) -> None:
    """Lock the order an invoice was made of, if there is one."""
    if order_id is not None and _ledger is not None:
        _ledger.hold(order_id)


def count_invoiced(order_id: UUID | None, changes: Quantities, *, actor: Actor) -> None:
    """Tell the ledger what is invoiced more or less of an order's lines. Raises what it raises."""
    changes = {line: change for line, change in changes.items() if change}
    if order_id is not None and changes and _ledger is not None:
        _ledger.count(order_id, changes, actor=actor)


def summed(pairs: Iterable[tuple[UUID | None, Decimal]]) -> dict[UUID, Decimal]:
    """Quantities by order line; what is of no order is left out."""
    found: dict[UUID, Decimal] = {}
    for line, quantity in pairs:
        if line is not None:
            found[line] = found.get(line, ZERO) + quantity
    return found


def invoiced_by(lines: Iterable[Any]) -> dict[UUID, Decimal]:
    """How much of each order line an invoice's lines are."""
    return summed((line.source_line_id, line.quantity) for line in lines)


def invoiced_with(lines: Iterable[dict[str, Any]]) -> dict[UUID, Decimal]:
    """The same of lines that are to be made."""
    return summed((line.get("source_line_id"), line["quantity"]) for line in lines)


def still_invoiced(there: Iterable[Any], given: Iterable[dict[str, Any]]) -> dict[UUID, Decimal]:
    """The same once an invoice's list of lines is the one given: only lines kept by their ids are an order's."""
    known = {line.pk: line for line in there}
    kept = ((known[one["id"]], one) for one in given if one.get("id") in known)
    return summed((line.source_line_id, one.get("quantity", line.quantity)) for line, one in kept)


def difference(before: Quantities, after: Quantities) -> dict[UUID, Decimal]:
    """How much more of each order line is invoiced after than before."""
    return {line: after.get(line, ZERO) - before.get(line, ZERO) for line in {**before, **after}}
