"""Invoices made, and what the business earned over very many of them."""

import json

from bench.bench import Bench
from bench.books import LINES
from bench.cases.crm import year
from bench.cases.documents import MOST_LINES, body_of, clean
from bench.measure import Request


def invoices(bench: Bench) -> None:
    """POST /finance/invoices of 5 lines and of 200."""
    tenant = bench.books
    for lines in (LINES, MOST_LINES):
        request = Request(tenant, "/finance/invoices", "POST", json.dumps(body_of(tenant, lines)))
        bench.rate("invoices", f"of {lines} lines", [request], status=201)
    clean(tenant)


def summary(bench: Bench) -> None:
    """GET /finance/summary: of all invoices, and of the financial year."""
    for tenant in (bench.small_books, bench.books):
        size = f"{tenant.documents:,}"
        bench.rate("summary", f"all, {size}", [Request(tenant, f"/finance/summary?{year(tenant)}")])
    bench.rate("summary", f"this financial year, of {size}", [Request(bench.books, "/finance/summary")])
