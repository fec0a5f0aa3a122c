"""What must hold of the sales books: quantities, what is settled, lineages, statuses."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Q

from nextgenerp.core.documents.invariants import check_books_of
from nextgenerp.core.invariants import invariant
from sales.kinds import KINDS, PROFORMA_INVOICE, QUOTATION, SALES_ORDER

check_books_of(QUOTATION, numbered=Q(root=None))  # a revision has its original's number
check_books_of(PROFORMA_INVOICE)
check_books_of(SALES_ORDER)

LEDGER = """
    SELECT d.number, l.position, l.{counter}, coalesce(taken.quantity, 0)
    FROM {line} l JOIN {document} d ON d.id = l.document_id
    LEFT JOIN (
        SELECT t.source_line_id, sum(t.quantity) AS quantity
        FROM {target_line} t JOIN {target} td ON td.id = t.document_id {joined}
        WHERE t.source_line_id IS NOT NULL AND {live} GROUP BY t.source_line_id
    ) AS taken ON taken.source_line_id = l.id
    WHERE l.{counter} <> coalesce(taken.quantity, 0)
"""
# Counter of a line: table and documents it is of, and what took the quantities.
LEDGERS: tuple[dict[str, str], ...] = (
    {
        "line": "quotation_line", "document": "quotation", "counter": "proforma_quantity",
        "target_line": "proforma_invoice_line", "target": "proforma_invoice",
        "joined": "JOIN proforma_invoice_status s ON s.id = td.status_id",
        "live": "s.category <> 'cancelled' AND td.quotation_id IS NOT NULL",
    },
    {
        "line": "quotation_line", "document": "quotation", "counter": "ordered_quantity",
        "target_line": "sales_order_line", "target": "sales_order",
        "joined": "JOIN sales_order_status s ON s.id = td.status_id",
        "live": "s.category <> 'cancelled' AND td.quotation_id IS NOT NULL",
    },
    {
        "line": "proforma_invoice_line", "document": "proforma_invoice", "counter": "ordered_quantity",
        "target_line": "sales_order_line", "target": "sales_order",
        "joined": "JOIN sales_order_status s ON s.id = td.status_id",
        "live": "s.category <> 'cancelled' AND td.proforma_invoice_id IS NOT NULL",
    },
    {
        "line": "sales_order_line", "document": "sales_order", "counter": "invoiced_quantity",
        "target_line": "invoice_line", "target": "invoice", "joined": "",
        "live": "td.status <> 'cancelled' AND td.sales_order_id IS NOT NULL",
    },
)  # fmt: skip
DELIVERED = """
    SELECT o.number, l.position, l.delivered_quantity, coalesce(sum(p.quantity), 0)
    FROM sales_order_line l JOIN sales_order o ON o.id = l.document_id
    LEFT JOIN (
        delivery_line p JOIN delivery d ON d.id = p.delivery_id AND d.cancelled_at IS NULL
    ) ON p.order_line_id = l.id
    GROUP BY o.number, l.id HAVING l.delivered_quantity <> coalesce(sum(p.quantity), 0)
"""
RESERVED = """
    SELECT p.sku, p.reserved, coalesce(sum(l.reserved_quantity), 0)
    FROM product p LEFT JOIN sales_order_line l ON l.product_id = p.id AND l.reserved_quantity > 0
    GROUP BY p.id HAVING p.reserved <> coalesce(sum(l.reserved_quantity), 0)
"""
KEPT = """
    SELECT o.number, s.category FROM sales_order o JOIN sales_order_status s ON s.id = o.status_id
    WHERE s.category NOT IN ('confirmed', 'in_progress', 'partially_delivered')
      AND EXISTS (SELECT FROM sales_order_line l WHERE l.document_id = o.id AND l.reserved_quantity > 0)
"""
SETTLED = """
    SELECT p.number, p.settled, coalesce(r.sum, 0)
    FROM proforma_invoice p LEFT JOIN (
        SELECT proforma_invoice_id, sum(amount + tds_amount) FROM receipt GROUP BY 1
    ) AS r ON r.proforma_invoice_id = p.id
    WHERE p.settled <> coalesce(r.sum, 0)
"""
PAID = """
    SELECT p.number, s.category, p.settled, p.payable
    FROM proforma_invoice p JOIN proforma_invoice_status s ON s.id = p.status_id
    WHERE (s.category IN ('draft', 'cancelled', 'sent') AND p.settled <> 0)
       OR (s.category = 'paid') <> (p.settled = p.payable AND s.category NOT IN ('draft', 'cancelled')
                                    AND (p.settled > 0 OR s.category = 'paid'))
       OR (s.category = 'partially_paid' AND p.settled = 0)
"""
CONVERTED = """
    SELECT q.number, s.category FROM quotation q JOIN quotation_status s ON s.id = q.status_id
    WHERE s.category IN ('sent', 'accepted', 'converted') AND (s.category = 'converted') = EXISTS (
        SELECT FROM quotation_line l
        WHERE l.document_id = q.id AND l.quantity > l.proforma_quantity + l.ordered_quantity
    )
"""
LINEAGE = """
    SELECT min(o.number), count(*) FILTER (WHERE s.category = 'draft'),
           count(*) FILTER (WHERE s.category NOT IN ('draft', 'superseded', 'cancelled'))
    FROM quotation q JOIN quotation_status s ON s.id = q.status_id JOIN quotation o ON o.id = coalesce(q.root_id, q.id)
    GROUP BY coalesce(q.root_id, q.id)
    HAVING count(*) FILTER (WHERE s.category = 'draft') > 1
        OR count(*) FILTER (WHERE s.category NOT IN ('draft', 'superseded', 'cancelled')) > 1
"""
STATUSES = """
    SELECT count(*) FILTER (WHERE is_default), count(DISTINCT category) FILTER (WHERE is_system) FROM {table}
"""
FROZEN = """
    SELECT d.number, s.category FROM {table} d JOIN {statuses} s ON s.id = d.status_id
    WHERE (s.category = 'draft') <> (d.snapshot IS NULL)
"""


def rows(sql: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        yield from cursor.fetchall()


@invariant("sales quantities")
def check_quantities() -> Iterator[str]:
    """Each counter of a line is the sum of what live documents and deliveries took of it."""
    for ledger in LEDGERS:
        for number, position, counter, taken in rows(LEDGER.format(**ledger)):
            yield f"{number} line {position}: {ledger['counter']} is {counter}, taken are {taken}"
    for number, position, counter, delivered in rows(DELIVERED):
        yield f"{number} line {position}: delivered_quantity is {counter}, delivered are {delivered}"


@invariant("reserved stock")
def check_reserved() -> Iterator[str]:
    """What of a product is reserved is reserved for the lines of open orders, and for no others."""
    for sku, reserved, kept in rows(RESERVED):
        yield f"{sku}: {reserved} are reserved, orders have {kept}"
    for number, category in rows(KEPT):
        yield f"{number} is {category} and has stock reserved"


@invariant("proforma invoices paid")
def check_settled() -> Iterator[str]:
    """What is settled of a proforma invoice is the sum of its receipts, and its status says so."""
    for number, settled, received in rows(SETTLED):
        yield f"{number}: settled are {settled}, received were {received}"
    for number, category, settled, payable in rows(PAID):
        yield f"{number}: {settled} of {payable} are settled, and it is {category}"


@invariant("quotations")
def check_quotations() -> Iterator[str]:
    """A quotation is converted when nothing of it remains; of a lineage one is open at most, and one in force."""
    for number, category in rows(CONVERTED):
        yield f"{number} is {category}, which its quantities do not say"
    for number, drafts, in_force in rows(LINEAGE):
        yield f"{number}: of its revisions {drafts} are open and {in_force} in force"


@invariant("sales statuses")
def check_statuses() -> Iterator[str]:
    """Each family has one default and a system status for each category; what is no draft is frozen, drafts are not."""
    for kind in KINDS:
        statuses = kind.status_model._meta.db_table
        categories = len(kind.status_model._meta.get_field("category").choices)
        [(defaults, system)] = rows(STATUSES.format(table=statuses))
        if (defaults, system) != (1, categories):
            yield f"{statuses}: {defaults} defaults, system statuses for {system} of {categories} categories"
        for number, category in rows(FROZEN.format(table=kind.model._meta.db_table, statuses=statuses)):
            copied = "is" if category == "draft" else "is not"
            yield f"{number} is {category}, and what is printed of it {copied} copied"
