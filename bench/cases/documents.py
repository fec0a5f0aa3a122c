"""Quotations of a tenant that has very many: listed, made, converted, printed and exported."""

import json
import statistics
from datetime import date
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection

from bench.bench import MEDIUM, Bench, Goal
from bench.books import LINES, copy_rows, document_body
from bench.cases.reading import LIST, SEARCH
from bench.measure import NUMBER, Request, stopwatch, token_of
from bench.seeding import Seeded, admin_connection, ask, settle
from bench.servers import Peak
from nextgenerp.core.api.pagination import Order, write_cursor
from nextgenerp.core.documents import pdf as printer
from nextgenerp.core.tenancy import tenant_context
from sales.kinds import QUOTATION
from sales.models import Quotation, QuotationLine
from sales.printing import printed_document

CREATE, CONVERT, PDF = Goal(200, 8), Goal(150, 10), Goal(100, 12)
MOST_LINES = 200
FLAT = ("newest", "of a customer", "deep, by cursor", "search, customer")  # measured in both sizes of tenant
DATED = Order("date", "date", True)
MADE = "bench-made"  # the reference of documents that go again
SOURCES = """
    CREATE TEMP TABLE copies AS
    SELECT ('00000000-0000-7000-8000-00' || digits)::uuid AS id, digits, %s::uuid AS template_id, now() AS made
    FROM (SELECT lpad(i::text, 10, '0') AS digits FROM generate_series(%s::bigint, %s::bigint) AS i) AS numbered
"""
TABLES = ("sales_order", "proforma_invoice", "quotation", "invoice")  # what is made of others before those
CLEAN = """
    UPDATE issued_number SET status = 'void', voided_at = now()
        WHERE document_id IN (SELECT id FROM {0} WHERE reference_no = '{1}');
    DELETE FROM {0}_line WHERE document_id IN (SELECT id FROM {0} WHERE reference_no = '{1}');
    DELETE FROM {0} WHERE reference_no = '{1}';
"""
EXPORTED = """
    SELECT q.number, date, s.name, s.category, c.code, c.name, reference_no, place_of_supply, supply_type, tax_mode,
           currency, sub_total, document_discount, taxable_charges, taxable_value, exempt_value, cgst, sgst, igst,
           cess, other_charges, grand_total, round_off, payable, q.owner_id, q.created_at, valid_until, revision
    FROM quotation q JOIN quotation_status s ON s.id = status_id LEFT JOIN customer c ON c.id = customer_id
    WHERE date >= {} ORDER BY date DESC, q.id DESC
"""


def list_documents(bench: Bench) -> None:
    """25 quotations, the last first: all, of a customer, of a status, deep by cursor, found by a text; and invoices."""
    for tenant in (bench.small_books, bench.books):
        size = f"{tenant.documents:,}"
        day, identifier = document_at(tenant, tenant.documents // 2)[:2]
        cursor = write_cursor(DATED, day, identifier)
        some = [
            document_at(tenant, place) for place in range(0, tenant.documents, max(1, tenant.documents // 20))
        ]
        kinds = {
            "newest": ["/quotations"],
            "of a customer": [f"/quotations?customerId={one[3]}" for one in some],
            "deep, by cursor": [f"/quotations?cursor={cursor}"],
            "sent, by cursor": [f"/quotations?status=sent&cursor={cursor}"],
            "search, number": [f"/quotations?search={quote(one[2], safe='')}" for one in some],
            "search, customer": [f"/quotations?search={quote(one[4])}" for one in some],
        }
        for name, paths in kinds.items():
            if tenant is bench.small_books and name not in FLAT:
                continue
            goal = SEARCH if name.startswith("search") else LIST
            requests = [Request(tenant, path) for path in paths]
            bench.rate("documents", f"{name}, {size}", requests, goal=goal)
    small, large = (f"{tenant.documents:,}" for tenant in (bench.small_books, bench.books))
    for name in FLAT:
        bench.flat("documents", f"{name}, {large}", f"{name}, {small}")
    for name, path in {
        "sent, counted": "/quotations?status=sent",
        "by amount": "/quotations?sortBy=payable",
        "search, common": "/quotations?search=demo",
        "invoices, newest": "/finance/invoices",
        "invoices, overdue": "/finance/invoices?status=overdue",
    }.items():
        bench.rate("documents", f"{name}, {large}", [Request(bench.books, path)])


def document_at(tenant: Seeded, place: int) -> Any:
    """``(date, id, number, customer's id, customer's name)`` of a quotation by its place in the list."""
    with tenant_context(tenant.seat.tenant), connection.cursor() as cursor:
        cursor.execute(
            "SELECT date, q.id, q.number, c.id, c.name FROM quotation q JOIN customer c ON c.id = customer_id"
            " ORDER BY date DESC, q.id DESC OFFSET %s LIMIT 1",
            [place],
        )
        return cursor.fetchone()


def create_documents(bench: Bench) -> None:
    """POST /quotations of 5 lines and of 200, with taxes and a number of the register."""
    tenant = bench.books
    for lines, goal in ((LINES, CREATE), (MOST_LINES, None)):
        body = body_of(tenant, lines)
        request = Request(tenant, "/quotations", "POST", json.dumps(body))
        bench.rate("quotations", f"of {lines} lines", [request], goal=goal, status=201)
    clean(tenant)


def body_of(tenant: Seeded, lines: int) -> dict[str, Any]:
    """What makes a document of a customer and of products there are."""
    customer, *_ = ask(tenant.seat, "GET", "/customers?limit=1")["data"]
    products = ask(tenant.seat, "GET", f"/inventory/products?limit={LINES}")["data"]
    return document_body(customer["id"], [product["id"] for product in products], 7, lines, referenceNo=MADE)


def convert(bench: Bench) -> None:
    """A quotation of 5 lines becomes a proforma invoice, or an order; each is made for that before the time counts."""
    tenant = bench.books
    template = ask(tenant.seat, "GET", "/quotations?status=sent&limit=1")["data"][0]["id"]

    def prepare(first: int, n: int) -> None:
        make_sources(tenant, template, first, n)

    body = json.dumps({"quotationId": f"00000000-0000-7000-8000-00{NUMBER}"})
    for name, path in {
        "to a proforma invoice": "/proforma-invoices/from-quotation",
        "to an order": "/sales-orders/from-quotation",
    }.items():
        request = Request(tenant, path, "POST", body)
        bench.rate("convert", name, [request], goal=CONVERT, status=201, prepare=prepare)
        clean(tenant)


def make_sources(tenant: Seeded, template: str, first: int, n: int) -> None:
    """Copy a quotation ``n`` times, with ids that end in the numbers from ``first`` on."""
    with admin_connection(tenant.schema) as link:
        with psycopg.ClientCursor(link) as cursor:
            cursor.execute(SOURCES, [template, first, first + n - 1])
        own = {
            "number": "'BENCH/' || digits",
            "reference_no": f"'{MADE}'",
            "search_text": "' ' || digits || E'\\n'",
        }
        copy_rows(link, Quotation, own)
        identifier = "(lpad(t.position::text, 8, '0') || '-0000-7000-8000-00' || digits)::uuid"
        copy_rows(link, QuotationLine, {"id": identifier, "document_id": "c.id"}, key="document_id")


def clean(tenant: Seeded) -> None:
    """Remove what was made, as drafts are removed: their numbers are void."""
    with admin_connection(tenant.schema) as link:
        for table in TABLES:
            link.execute(CLEAN.format(table, MADE))
    settle(tenant.schema)


def pdf(bench: Bench) -> None:
    """The PDF of a quotation of 5 lines and of 200: over HTTP, and the renderer alone in one process."""
    tenant = bench.books
    rows = ask(tenant.seat, "GET", "/quotations?status=sent&limit=20")["data"]
    long = ask(tenant.seat, "POST", "/quotations", body_of(tenant, MOST_LINES))["id"]
    for lines, ids, goal in ((LINES, [row["id"] for row in rows], PDF), (MOST_LINES, [long], None)):
        requests = [Request(tenant, f"/quotations/{identifier}/pdf") for identifier in ids]
        bench.rate("pdf", f"of {lines} lines", requests, goal=goal)
        name = f"of {lines} lines, the renderer alone"
        bench.report.add_figure("pdf", name, rendering(tenant, ids[0]), "ms", at_most=goal and goal.p50)
    clean(tenant)


def rendering(tenant: Seeded, identifier: str) -> float:
    """The median milliseconds of making a PDF of a document that has been read."""
    with tenant_context(tenant.seat.tenant):
        found = Quotation.objects.select_related("status", "customer", "lead__company", "bank_account")
        document = printed_document(QUOTATION, found.get(pk=identifier))
    taken: list[float] = []
    for _ in range(21):
        with stopwatch() as one:
            printer.render(document)
        taken += one
    return statistics.median(taken)


def export_documents(bench: Bench) -> None:
    """100,000 quotations as CSV, the last ones, and what COPY alone takes."""
    tenant = bench.books
    since, expected = day_with(tenant, min(MEDIUM, tenant.documents))
    token = token_of(tenant)
    bench.web.request("GET", "/quotations/export?search=nobody-has-this", token)  # warm-up
    with Peak(bench.web.workers()) as peak, stopwatch() as taken:
        status, _, content = bench.web.request("GET", f"/quotations/export?dateFrom={since}", token)
    rows = content.count(b"\r\n") - 1
    if status != 200 or rows != expected:
        raise RuntimeError(f"The export was answered {status} with {rows} rows instead of {expected}.")
    figure = bench.report.add_figure
    size = f"{rows:,} quotations"
    figure("export-documents", size, rows / taken[0] * 1000, "rows/s", at_least=50_000)
    figure("export-documents", f"{size}, memory gained", peak.highest - peak.before, "MB")
    figure("export-documents", f"{size}, raw: COPY", rows / raw_export(tenant, since) * 1000, "rows/s")


def day_with(tenant: Seeded, n: int) -> tuple[date, int]:
    """The day since when there are ``n`` quotations or a few more, and how many."""
    with tenant_context(tenant.seat.tenant), connection.cursor() as cursor:
        cursor.execute("SELECT date FROM quotation ORDER BY date DESC OFFSET %s LIMIT 1", [n - 1])
        day = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM quotation WHERE date >= %s", [day])
        return day, cursor.fetchone()[0]


def raw_export(tenant: Seeded, since: date) -> float:
    with admin_connection(tenant.schema) as link, stopwatch() as taken:
        link.execute("RESET work_mem")
        query = psycopg.sql.SQL(EXPORTED).format(since)
        with link.cursor().copy(psycopg.sql.SQL("COPY ({}) TO STDOUT CSV").format(query)) as out:
            for _ in out:
                pass
    return taken[0]
