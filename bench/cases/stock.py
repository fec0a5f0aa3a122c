"""Stock coming in: at the service, one process a client, and over HTTP; all at one product, and at many in turns."""

import json
import time
from decimal import Decimal
from uuid import UUID

from bench.bench import CLIENTS, Bench, Goal
from bench.measure import (
    Request,
    database_address,
    numbers,
    play,
    repeatable,
    statements_run,
    summed_up,
)
from bench.seeding import Seeded, ask
from inventory.invariants import check_stock
from inventory.services import stock as service
from nextgenerp.core.tenancy import SYSTEM, tenant_context

AT_ONE = Goal(1000)
MANY = 50


def stock(bench: Bench) -> None:
    """Movements a second of new products, which stay: nobody may delete a movement. Afterwards every ledger adds up."""
    tenant, run = bench.books, time.time_ns()
    bodies = [{"sku": f"BENCH-{run}-{number}", "name": "Demo moved"} for number in range(MANY + 1)]
    one, *many = (ask(tenant.seat, "POST", "/inventory/products", body)["id"] for body in bodies)
    kinds = {"one product": ([one], AT_ONE), f"{MANY} products": (many, None)}
    for name, (products, goal) in kinds.items():
        at_the_service(bench, f"service, {name}", tenant, products, goal)
    for name, (products, _) in kinds.items():
        requests = [
            Request(
                tenant,
                "/inventory/stock/in",
                "POST",
                json.dumps({"productId": product, "quantity": "1", "unitCost": "12.5", "reason": "Demo"}),
            )
            for product in products
        ]
        bench.rate("stock", f"HTTP, {name}", requests, status=201)
    with tenant_context(tenant.seat.tenant):
        if problems := list(check_stock()):
            raise RuntimeError("\n".join(problems))


def at_the_service(bench: Bench, name: str, tenant: Seeded, products: list[str], goal: Goal | None) -> None:
    """Measure ``stock_in`` called by processes that do nothing else, and its statements alone."""
    raw = [statements(tenant, product) for product in products[:20]]
    base = {"database": database_address(), "schema": tenant.schema, "groups": raw}
    for clients in CLIENTS:
        served, floor = [], []
        for _ in range(bench.rounds):
            timing = {"clients": clients, "seconds": bench.seconds, "warm_up": 0.3}
            job = {**timing, "tenant": str(tenant.seat.tenant_id), "products": products}
            served.append(play("bench.movements", job))
            floor.append(play("bench.floor", {**timing, **base, "seconds": bench.seconds / 2}))
        bench.note("stock", name, clients, [summed_up(served), summed_up(floor)], goal)


def statements(tenant: Seeded, product: str) -> list[str]:
    since = time.time_ns() // 1_000_000
    with tenant_context(tenant.seat.tenant), statements_run() as found:
        service.stock_in(UUID(product), Decimal(1), unit_cost=Decimal("12.5"), actor=SYSTEM)
    return repeatable(found, f"{next(numbers):010d}", since)
