"""The board of leads and the figures over all of them: kanban, analytics, dashboard, and moving a card."""

import json
from datetime import timedelta
from typing import Any

from django.db import connection

from bench.bench import Bench, Goal
from bench.cases.reading import sizes
from bench.measure import Request
from bench.seeding import Seeded, ask, settle
from nextgenerp.core.tenancy import tenant_context, tenant_today

KANBAN, ANALYTICS = Goal(100, 20), Goal(24, 60)
CARDS = 40  # that are moved to and fro
OF_STATUS = "SELECT id FROM lead WHERE status_id = %s ORDER BY position, id OFFSET %s LIMIT %s"


def kanban(bench: Bench) -> None:
    """The whole board, the board of one filter, and more of the fullest column."""
    for size, tenant in sizes(bench):
        columns = ask(tenant.seat, "GET", "/leads/kanban")["columns"]
        fullest = max(columns, key=lambda column: column["count"])
        more = f"statusId={fullest['status']['id']}&cursor={fullest['nextCursor']}"
        goal = None if tenant is bench.large else KANBAN
        bench.rate("kanban", f"board, {size}", [Request(tenant, "/leads/kanban")], goal=goal)
        bench.rate("kanban", f"board, filtered, {size}", [Request(tenant, "/leads/kanban?priority=urgent")])
        bench.rate(
            "kanban", f"more of a column, {size}", [Request(tenant, f"/leads/kanban?{more}")], goal=KANBAN
        )
    medium, large = (size for size, _ in sizes(bench))
    for name in ("board", "more of a column"):
        bench.flat("kanban", f"{name}, {large}", f"{name}, {medium}")


def analytics(bench: Bench) -> None:
    """The figures of a year, by months."""
    for size, tenant in sizes(bench):
        path = f"/leads/analytics?{year(tenant)}&groupBy=month"
        goal = None if tenant is bench.large else ANALYTICS
        bench.rate("analytics", f"a year, {size}", [Request(tenant, path)], goal=goal)
    medium, large = (size for size, _ in sizes(bench))
    bench.flat("analytics", f"a year, {large}", f"a year, {medium}")


def year(tenant: Seeded) -> str:
    """The last 360 days as the query of a report."""
    with tenant_context(tenant.seat.tenant):
        today = tenant_today()
    return f"from={today - timedelta(days=360)}&to={today}"


def dashboard(bench: Bench) -> None:
    """The month and the year of a tenant with documents, and the month of the one with most leads."""
    books, large = bench.books, bench.large
    all_of_it = f"{books.leads:,} leads, {books.documents:,} documents"
    path = "/dashboard/stats"
    bench.rate("dashboard", f"a month, {all_of_it}", [Request(books, path)])
    bench.rate("dashboard", f"a year, {all_of_it}", [Request(books, f"{path}?{year(books)}")])
    bench.rate("dashboard", f"a month, {large.leads:,} leads", [Request(large, path)])


def move(bench: Bench) -> None:
    """PATCH /leads/:id/status: cards to the next column, each below a card of its own, and back again."""
    for size, tenant in sizes(bench):
        bench.rate("move", f"below a card, {size}", moves(tenant))
        settle(tenant.schema)
    medium, large = (size for size, _ in sizes(bench))
    bench.flat("move", f"below a card, {large}", f"below a card, {medium}")


def moves(tenant: Seeded) -> list[Request]:
    """Every card into the second column, then every card back; no card is an anchor of another."""
    statuses = [row["id"] for row in ask(tenant.seat, "GET", "/leads/meta/statuses")["data"]][:2]
    with tenant_context(tenant.seat.tenant), connection.cursor() as cursor:
        found: list[list[Any]] = []
        for status in statuses:
            cursor.execute(OF_STATUS, [status, CARDS, 2 * CARDS])
            found.append([str(row[0]) for row in cursor.fetchall()])
    cards, *anchors = found[0][::2], found[0][1::2], found[1][::2]
    return [
        Request(
            tenant,
            f"/leads/{card}/status",
            "PATCH",
            json.dumps({"statusId": statuses[column], "afterId": anchor}),
        )
        for column in (1, 0)
        for card, anchor in zip(cards, anchors[column], strict=True)
    ]
