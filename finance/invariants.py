"""What must hold of finance's books: what was received, what is settled by it, and what customers owe."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Count

from finance.kinds import INVOICE
from finance.models import Expense, Invoice
from nextgenerp.core.documents.invariants import check_books_of
from nextgenerp.core.invariants import counted, invariant

check_books_of(INVOICE)

SETTLED = """
    SELECT i.number, i.settled, coalesce(r.total, 0) + coalesce(a.total, 0)
    FROM invoice i
    LEFT JOIN (SELECT invoice_id, sum(amount + tds_amount) AS total FROM receipt GROUP BY 1) r ON r.invoice_id = i.id
    LEFT JOIN (SELECT invoice_id, sum(amount) AS total FROM receipt_allocation GROUP BY 1) a ON a.invoice_id = i.id
    WHERE i.settled <> coalesce(r.total, 0) + coalesce(a.total, 0) OR i.settled > i.payable
"""
OWED = """
    SELECT c.code, c.outstanding, coalesce(i.owed, 0)
    FROM customer c
    LEFT JOIN (
        SELECT customer_id, sum(payable - settled) AS owed FROM invoice
        WHERE status IN ('sent', 'partially_paid', 'paid') GROUP BY 1
    ) i ON i.customer_id = c.id
    WHERE c.outstanding <> coalesce(i.owed, 0)
"""
# A receipt settles no more than it brought, and nothing once it is reversed.
ALLOCATED = """
    SELECT r.id, sum(a.amount), r.amount + r.tds_amount, back.id IS NOT NULL
    FROM receipt_allocation a
    JOIN receipt r ON r.id = a.receipt_id
    LEFT JOIN receipt back ON back.reverses_id = r.id
    GROUP BY r.id, r.amount, r.tds_amount, back.id
    HAVING sum(a.amount) > r.amount + r.tds_amount OR back.id IS NOT NULL
"""
REVERSED = """
    SELECT back.id FROM receipt back JOIN receipt r ON r.id = back.reverses_id
    WHERE back.amount <> -r.amount OR back.tds_amount <> -r.tds_amount
        OR back.invoice_id IS DISTINCT FROM r.invoice_id
        OR back.proforma_invoice_id IS DISTINCT FROM r.proforma_invoice_id OR r.reverses_id IS NOT NULL
"""


def rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@counted("expenses")
def count_expenses() -> int:
    return Expense.objects.count()


@counted("invoices")
def count_invoices() -> dict[str, int]:
    """By the month each was counted in."""
    months = Invoice.objects.values_list("counted_in").annotate(n=Count("id")).order_by()
    return {f"invoices:{month}": n for month, n in months}


@invariant("invoices settled")
def check_settled() -> Iterator[str]:
    """What is settled of an invoice is the sum of its receipts and allocations, and no more than is payable."""
    for number, settled, received in rows(SETTLED):
        yield f"{number}: {settled} is settled, {received} was received"


@invariant("customers owe")
def check_outstanding() -> Iterator[str]:
    """What a customer owes is the sum of the balances of their issued invoices."""
    for code, outstanding, owed in rows(OWED):
        yield f"{code}: {outstanding} is outstanding, {owed} is open"


@invariant("receipts")
def check_receipts() -> Iterator[str]:
    """Each rupee settles once, and a reversal is the opposite of what it reverses."""
    for identifier, allocated, brought, reversed_since in rows(ALLOCATED):
        yield f"{identifier}: {allocated} of {brought} is allocated" + (
            ", reversed" if reversed_since else ""
        )
    for (identifier,) in rows(REVERSED):
        yield f"{identifier} is not the opposite of what it reverses"
