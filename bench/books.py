"""Customers, products, deals and documents for the bench: a few made by the product itself, the others copies of them.

The copies are made by set-based SQL, with ids, numbers, days and customers of their own; all their figures are true.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from django.utils import timezone

from accounts.models import Membership
from bench.seeding import Seeded, admin_connection, ask, fill, seat_of, settle, without_indexes
from crm.models import Customer, Deal
from finance.kinds import INVOICE
from finance.models import Receipt
from inventory.models import Product, StockMovement
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import IssuedNumber
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER

DAYS = 360  # documents are spread over
FEW = 10  # documents for each customer, product, deal, proforma invoice and order
LINES = 5
GSTIN = "27AAPFU0939F1ZV"
PLACES = (
    {"line1": "12 Demo Street", "city": "Pune", "state": "Maharashtra", "pincode": "411001"},
    {"line1": "1 Demo Beach", "city": "Panaji", "state": "Goa", "pincode": "403001"},
)
# Templates of each kind; of those with many there are all the documents, of the others few.
MANY_TEMPLATES, FEW_TEMPLATES = 40, 10
KINDS = (
    ("/quotations", QUOTATION, MANY_TEMPLATES),
    ("/proforma-invoices", PROFORMA_INVOICE, FEW_TEMPLATES),
    ("/sales-orders", SALES_ORDER, FEW_TEMPLATES),
    ("/finance/invoices", INVOICE, MANY_TEMPLATES),
)
# The categories of templates in turns, so that of quotations a tenth are drafts.
CATEGORIES = {
    "/quotations": ("draft", *("sent",) * 5, "accepted", "accepted", "rejected", "rejected"),
    "/proforma-invoices": ("draft", "sent", "sent", "sent"),
    "/sales-orders": ("draft", "confirmed", "confirmed", "confirmed"),
}
PAID = (0, 0, *(1,) * 6, 2, 2)  # of invoices: nothing, all, half
STAGES = ("prospecting", "qualification", "proposal", "negotiation", "won", "lost")
TABLES = (
    "customer", "product", "stock_movement", "deal", "issued_number", "history", "receipt",
    *(model._meta.db_table for _, kind, _ in KINDS for model in (kind.model, kind.line_model)),
)  # fmt: skip

# A version 7 UUID of the instant ``made``, told apart by a text.
UUID7 = (
    "(lpad(to_hex((extract(epoch FROM made) * 1000)::bigint), 12, '0') || '7' || substr(md5({0}), 1, 3)"
    " || '8' || substr(md5({0}), 4, 15))::uuid"
)
COPIES = f"""
    CREATE TEMP TABLE copies AS
    SELECT i, made, {UUID7.format("%(label)s || i")} AS id, hashint4(i) & 2147483647 AS h,
           (%(templates)s::uuid[])[1 + i %% cardinality(%(templates)s::uuid[])] AS template_id
    FROM (
        SELECT i, %(now)s::timestamptz - (%(n)s - i) * %(days)s * interval '1 day' / %(n)s AS made
        FROM generate_series(1, %(n)s) AS i
    ) AS numbered;
    ANALYZE copies
"""  # noqa: S608 - our own text alone
RECORDED = """
    INSERT INTO history (id, record_type, record_id, action, changes, seat_id, impersonated, request_id, created_at)
    SELECT {id}, %s, id, 'created', '{{}}', %s, false, 'demo', made FROM copies
"""
COUNTED = "UPDATE usage_counter SET used = used + %(n)s, issued = issued + %(n)s WHERE key = %(key)s"
NUMBERED = """
    UPDATE numbering_period SET next_number = next_number + %s
    WHERE series_id = (SELECT id FROM numbering_series WHERE document_type = %s) RETURNING next_number
"""
OWED = """
    UPDATE customer SET outstanding = sum FROM (
        SELECT customer_id, sum(payable - settled) FROM invoice WHERE status IN ('sent', 'partially_paid') GROUP BY 1
    ) AS open WHERE customer_id = customer.id
"""
PRODUCTS = (
    "CREATE TEMP TABLE numbered_product AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM product"
)


def books_with(slug: str, leads: int, documents: int) -> Seeded:
    """Find or make the tenant of a slug with so many leads, quotations and invoices; a tenth of all else."""
    content = f"{leads:,} leads and {documents:,} documents"
    return Seeded(seat_of(slug, content, lambda seat: fill_books(seat, leads, documents)), leads, documents)


def fill_books(seat: Membership, leads: int, documents: int) -> None:
    fill(seat, leads)
    seat.tenant.gstin, seat.tenant.state_code = GSTIN, GSTIN[:2]
    seat.tenant.save(update_fields=["gstin", "state_code"])
    writer = Templates(seat)
    few = max(1, documents // FEW)
    with admin_connection(seat.tenant.schema_name) as link:
        copier = Copier(link, seat)
        customers, products = writer.customers(), writer.products()
        deals = writer.deals(customers[0])
        made = [writer.documents(path, count, customers, products) for path, _, count in KINDS]
        with without_indexes(link, seat.tenant.schema_name, documents, *TABLES):
            copier.customers(customers, few)
            copier.products(products, few)
            copier.deals(deals, few)
            for (_, kind, count), templates in zip(KINDS, made, strict=True):
                copier.documents(kind, templates, documents if count == MANY_TEMPLATES else few)
            link.execute(OWED)
    settle(seat.tenant.schema_name)


class Templates:
    """What the product itself makes, by its API."""

    def __init__(self, seat: Membership) -> None:
        self.asked = partial(ask, seat)

    def customers(self) -> list[str]:
        bodies = [
            {"name": f"Demo Buyer {number}", "email": "buyer@example.com", "billingAddress": place}
            for number, place in enumerate(PLACES, 1)
        ]
        return [self.asked("POST", "/customers", body)["id"] for body in bodies]

    def products(self) -> list[str]:
        common = {
            "category": "Demo goods", "hsnSac": "8471", "gstRate": "18", "salePrice": "125.50",
            "purchasePrice": "80", "reorderLevel": "50",
        }  # fmt: skip
        stocks = [{"openingStock": "1000", "openingCost": "80"}, {"openingStock": "20"}, {}]
        return [
            self.asked(
                "POST",
                "/inventory/products",
                common | {"sku": f"D-{number}", "name": f"Demo {number}"} | stock,
            )["id"]
            for number, stock in enumerate(stocks, 1)
        ]

    def deals(self, customer: str) -> list[str]:
        common = {"customerId": customer, "value": "125000.00", "lostReason": ""}
        bodies = [
            common | {"title": f"Demo deal {stage}", "stage": stage, "lostReason": "Demo" * (stage == "lost")}
            for stage in STAGES
        ]
        return [self.asked("POST", "/deals", body)["id"] for body in bodies]

    def documents(self, path: str, count: int, customers: list[str], products: list[str]) -> list[str]:
        """Documents of five lines, each of another amount, in the statuses of their kind."""
        made = [
            self.asked("POST", path, document_body(customers[number % 2], products, number))
            for number in range(count)
        ]
        for number, document in enumerate(made):
            if path in CATEGORIES:
                categories = CATEGORIES[path]
                self.move(path, document, categories[number % len(categories)])
            else:
                self.settle(path, document, PAID[number % len(PAID)], issued=number % 20 > 0)
        return [document["id"] for document in made]

    def move(self, path: str, document: dict[str, Any], category: str) -> None:
        """Bring a draft into a category, through those before it."""
        rows = self.asked("GET", f"{path}/meta/statuses")["data"]
        statuses = {row["category"]: row["id"] for row in rows}
        way = {"draft": (), "sent": ("sent",), "confirmed": ("confirmed",)}.get(category, ("sent", category))
        for one in way:
            body = {"statusId": statuses[one], "reason": "Demo"}
            self.asked("PATCH", f"{path}/{document['id']}/status", body)

    def settle(self, path: str, invoice: dict[str, Any], paid: int, *, issued: bool) -> None:
        """Issue an invoice and receive all of it (``paid`` 1), half of it (2) or nothing."""
        if not issued:
            return
        self.asked("PATCH", f"{path}/{invoice['id']}/status", {"status": "sent"})
        if paid:
            amount = round(float(invoice["totals"]["payable"]) / paid)
            body = {"amount": f"{amount:.2f}", "method": "bank_transfer"}
            self.asked("POST", f"{path}/{invoice['id']}/payments", body)


def document_body(
    customer: str, products: Sequence[str], number: int, lines: int = LINES, **more: Any
) -> dict[str, Any]:
    """What a client sends to make a document; prices follow from its number."""
    return {
        "customerId": customer,
        "lines": [
            {
                "productId": products[line % len(products)], "name": f"Demo item {line + 1}", "hsnSac": "8471",
                "quantity": f"{1 + line % 7}", "unitPrice": f"{100 + (number * 37 + line * 11) % 900}.50",
                "gstRate": ("18", "12", "5")[line % 3], "discountType": "percent", "discountValue": "2.5",
            }
            for line in range(lines)
        ],
        **more,
    }  # fmt: skip


class Copier:
    """Copies rows by SQL; the table ``copies`` has the new ``id``, its ``template_id``, number, hash and instant."""

    def __init__(self, link: psycopg.Connection, seat: Membership) -> None:
        self.link, self.seat = link, seat
        self.now = timezone.now() - timedelta(minutes=1)

    def begin(self, templates: list[str], n: int, label: str) -> None:
        self.link.execute("DROP TABLE IF EXISTS copies")
        values = {"label": label, "templates": templates, "n": n, "days": DAYS, "now": self.now}
        with psycopg.ClientCursor(self.link) as cursor:
            cursor.execute(COPIES, values)
        recorded = RECORDED.format(id=UUID7.format("'history' || id"))
        self.link.execute(recorded, [label, self.seat.id])

    def customers(self, templates: list[str], n: int) -> None:
        """Customers numbered on from the templates, without a GSTIN."""
        self.begin(templates, n, "crm.Customer")
        number = f"({len(templates)} + i)"
        code = f"'CU-' || lpad({number}::text, greatest(5, length({number}::text)), '0')"
        copy_rows(self.link, Customer, {
            "number": number, "code": code,
            "name": f"'Demo Buyer ' || {number}", "name_key": f"'demo buyer ' || {number}", "outstanding": "0",
            "email": "'buyer-' || i || '@example.com'", "email_key": "'buyer-' || i || '@example.com'",
            "search_text": f"' demo buyer ' || {number} || E'\\n ' || lower({code}) || E'\\n buyer-' || i || "
                           "E'@example.com\\n'",
        })  # fmt: skip
        self.link.execute(COUNTED, {"n": n, "key": "customers"})

    def products(self, templates: list[str], n: int) -> None:
        """Products with the movements that opened their stock."""
        self.begin(templates, n, "inventory.Product")
        copy_rows(self.link, Product, {
            "sku": "'SKU-' || i", "sku_key": "'sku-' || i", "name": "'Demo Product ' || i",
            "name_key": "'demo product ' || i",
            "search_text": "' demo product ' || i || E'\\n sku-' || i || E'\\n demo goods\\n 8471\\n'",
        })  # fmt: skip
        own = {"id": UUID7.format("'movement' || c.id"), "product_id": "c.id", "created_at": "made"}
        copy_rows(self.link, StockMovement, own, key="product_id")
        self.link.execute(COUNTED, {"n": n, "key": "products"})
        self.link.execute(PRODUCTS)

    def deals(self, templates: list[str], n: int) -> None:
        self.begin(templates, n, "crm.Deal")
        copy_rows(self.link, Deal, {"customer_id": "customer.id"}, join=CUSTOMERS)

    def documents(self, kind: DocumentKind, templates: list[str], n: int) -> None:
        """Documents with their lines, places in the register and receipts, a document on each day's customers."""
        model = kind.model
        self.begin(templates, n, model._meta.label)
        last = self.link.execute(NUMBERED, [n, kind.document_type]).fetchone()
        sequence = f"({last[0] - 1 - n if last else 0} + i)"
        number = (
            f"regexp_replace(t.number, '[0-9]+$', '') || "
            f"lpad({sequence}::text, greatest(4, length({sequence}::text)), '0')"
        )
        later = {name: f"t.{name} - t.date + made::date" for name in ("due_date", "valid_until")}
        copy_rows(self.link, model, {
            "number": number, "date": "made::date", "customer_id": "customer.id",
            "search_text": f"' ' || lower({number}) || E'\\n'", **later,
        }, join=CUSTOMERS)  # fmt: skip
        line = {
            "id": UUID7.format("t.position::text || c.id"), "document_id": "c.id", "product_id": "product.id",
        }  # fmt: skip
        copy_rows(self.link, kind.line_model, line, key="document_id", join=ANY_PRODUCT)
        register = {
            "id": UUID7.format("'number' || c.id"), "sequence": sequence, "number": number, "document_id": "c.id",
            "issued_at": "made",
        }  # fmt: skip
        copy_rows(self.link, IssuedNumber, register, key="document_id")
        if kind is INVOICE:
            receipt = {
                "id": UUID7.format("'receipt' || c.id"), "invoice_id": "c.id", "customer_id": "customer.id",
                "date": "made::date", "created_at": "made",
            }  # fmt: skip
            copy_rows(self.link, Receipt, receipt, key="invoice_id", join=CUSTOMERS)


CUSTOMERS = "JOIN customer ON customer.number = 1 + h % (SELECT max(number) FROM customer)"
ANY_PRODUCT = """
    JOIN numbered_product AS product
    ON product.n = 1 + (hashint4(i * 256 + t.position) & 2147483647) % (SELECT max(n) FROM numbered_product)
"""


def copy_rows(
    link: psycopg.Connection, model: Any, values: dict[str, str], *, key: str = "id", join: str = ""
) -> None:
    """Insert a model's rows whose ``key`` is a template, once for each copy; ``values`` are expressions by column.

    ``c`` is the copy, ``t`` the template's row.
    """
    own = {"id": "c.id", "created_at": "made", "updated_at": "made"} if key == "id" else {}
    chosen = own | values
    columns = [field.column for field in model._meta.concrete_fields if not field.generated]
    names = ", ".join(f'"{column}"' for column in columns)
    picked = ", ".join(chosen.get(column, f't."{column}"') for column in columns)
    table = model._meta.db_table
    link.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {picked} FROM copies AS c '  # noqa: S608 - our own text alone
        f'JOIN "{table}" AS t ON t."{key}" = c.template_id {join}'
    )
