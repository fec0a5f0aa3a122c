"""Requests that only read: the empty one, lists, searches, and the same list with many tenants."""

from itertools import chain
from urllib.parse import quote

from django.db import connection

from bench.bench import EMPTY, SMALL, Bench, Goal
from bench.measure import Request
from bench.seeding import Seeded, first_leads
from nextgenerp.core.api.pagination import Order, write_cursor
from nextgenerp.core.tenancy import tenant_context

LIST = Goal(600, 4)
SEARCH = Goal(300, 8)
PAGE = 25
NEWEST = Order("createdAt", "created_at", True)


def auth(bench: Bench) -> None:
    """The empty endpoint: what every request costs before it does anything."""
    bench.rate("auth", f"GET {EMPTY}", [Request(bench.mediums[0], EMPTY)], goal=Goal(1200, 1.4))


def sizes(bench: Bench) -> list[tuple[str, Seeded]]:
    """The tenants the reading cases go through, by what the table calls them."""
    return [(f"{tenant.leads:,}", tenant) for tenant in (bench.mediums[0], bench.large)]


def list_leads(bench: Bench) -> None:
    """25 leads, newest first: all, filtered, page 1,000 by number, and as deep by cursor."""
    for size, tenant in sizes(bench):
        deep = min(999 * PAGE, tenant.leads // 2)
        made, identifier, *_ = first_leads(tenant, deep, 1)[0]
        cursor = write_cursor(NEWEST, made, identifier)
        status = first_status(tenant)
        paths = {
            "newest": "/leads",
            "filtered": f"/leads?statusId={status}&priority=high",
            "filtered, by cursor": f"/leads?statusId={status}&priority=high&cursor={cursor}",
            "page 1,000": f"/leads?page={deep // PAGE + 1}",
            "deep, by cursor": f"/leads?cursor={cursor}",
        }
        for name, path in paths.items():
            goal = None if name == "page 1,000" or (name == "filtered" and tenant is bench.large) else LIST
            bench.rate("list", f"{name}, {size}", [Request(tenant, path)], goal=goal)
    medium, large = (size for size, _ in sizes(bench))
    for name in ("newest", "filtered, by cursor", "deep, by cursor"):
        bench.flat("list", f"{name}, {large}", f"{name}, {medium}")


def first_status(tenant: Seeded) -> str:
    with tenant_context(tenant.seat.tenant), connection.cursor() as cursor:
        cursor.execute('SELECT id FROM lead_status ORDER BY "order" LIMIT 1')
        return str(cursor.fetchone()[0])


def search(bench: Bench) -> None:
    """Selective: a company of fifty leads. Rare: an e-mail address or a phone number. Common: what every lead has.

    And two letters, which one lead in ten has at the beginning of a name.
    """
    for size, tenant in sizes(bench):
        leads = first_leads(tenant, tenant.leads // 3, 20)
        made, identifier, *_ = leads[0]
        cursor = write_cursor(NEWEST, made, identifier)
        last = tenant.leads // 50  # the longest numbers: each names one company, with fifty leads
        companies = range(last, max(1, last - 20), -1)
        rare = list(chain.from_iterable((lead[4], lead[5]) for lead in leads))
        kinds = {
            "selective": [f"company {number}" for number in companies],
            "rare": rare,
            "common, by cursor": [f"example&cursor={cursor}"],
            "common": ["example"],
            "2 letters, by cursor": [f"ka&cursor={cursor}"],
            "2 letters": ["ka"],
        }
        for name, terms in kinds.items():
            goal = SEARCH if name in {"selective", "rare"} or name.endswith("by cursor") else None
            requests = [Request(tenant, f"/leads?search={quote(term, safe='&=')}") for term in terms]
            bench.rate("search", f"{name}, {size}", requests, goal=goal)
    medium, large = (size for size, _ in sizes(bench))
    bench.flat("search", f"selective, {large}", f"selective, {medium}")
    bench.flat("search", f"rare, {large}", f"rare, {medium}")


def tenants(bench: Bench) -> None:
    """The list of one small tenant, and of all small tenants in turns."""
    one, many = f"list of {SMALL} leads, 1 tenant", f"list of {SMALL} leads, {bench.tenants} tenants in turns"
    bench.rate("tenants", one, [Request(bench.smalls[0], "/leads")])
    requests = [Request(tenant, "/leads") for tenant in bench.smalls]
    # Long enough that every connection of the server has met every tenant.
    bench.rate("tenants", many, requests, warm_up=max(1.0, bench.tenants / 20))
    for clients in (1, 8):
        ratio = (
            bench.report.find("tenants", one, clients)["rps"]
            / bench.report.find("tenants", many, clients)["rps"]
        )
        bench.report.add_figure(
            "tenants", f"{bench.tenants} in turns / 1, {clients} clients", ratio, "x", at_most=1.1
        )
