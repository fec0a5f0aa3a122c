"""Clients that act at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from nextgenerp.core.tenancy import leave_tenant


def together(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work(index)`` in so many threads that begin at once, each on a connection of its own; what each returns."""
    barrier = threading.Barrier(number)

    def run(index: int) -> Any:
        try:
            barrier.wait(timeout=60)
            return work(index)
        finally:
            leave_tenant()
            connection.close()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))
