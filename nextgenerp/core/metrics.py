"""What the platform counts about itself, for Prometheus, over all web processes of a server.

Where PROMETHEUS_MULTIPROC_DIR is set before this module is loaded (wsgi.py does), every process writes its counts to
files there and any of them can answer for all.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

# A registry without collectors of the one process that happens to answer.
COUNTED = CollectorRegistry()
REQUESTS = Counter(
    "nextgenerp_requests_total", "Requests answered", ["method", "route", "status"], registry=COUNTED
)
SECONDS = Histogram(
    "nextgenerp_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=COUNTED,
)
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


def observe_request(method: str | None, route: str, status: int, seconds: float) -> None:
    """Count one answered request under its route (never its path, which would be unbounded)."""
    REQUESTS.labels(method if method in METHODS else "OTHER", route, status).inc()
    SECONDS.labels(route).observe(seconds)


def process_registry() -> CollectorRegistry:
    """A new registry that holds the counts of this process, or of all where they share a folder."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(COUNTED)
    return registry
