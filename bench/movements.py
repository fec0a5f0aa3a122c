"""Clients of the service that moves stock, each a process: a job as JSON on stdin, latencies as JSON on stdout."""

import json
import sys
from decimal import Decimal
from typing import Any
from uuid import UUID

import django

django.setup()

from accounts.models import Tenant  # noqa: E402 - models are there once Django is set up
from bench.floor import keep_busy, run  # noqa: E402
from inventory.services.stock import stock_in  # noqa: E402
from nextgenerp.core.tenancy import SYSTEM, tenant_context  # noqa: E402


def client(job: dict[str, Any], index: int) -> tuple[list[float], float]:
    """Let a unit come in of the products in turns, clients beginning at different ones."""
    tenant = Tenant.objects.get(pk=job["tenant"])
    products = [UUID(product) for product in job["products"]]
    start = index * len(products) // job["clients"]
    with tenant_context(tenant):
        return keep_busy(job, move, products[start:] + products[:start])


def move(product: UUID) -> None:
    stock_in(product, Decimal(1), unit_cost=Decimal("12.5"), actor=SYSTEM)


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin), client), sys.stdout)
