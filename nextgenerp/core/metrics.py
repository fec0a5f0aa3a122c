"""What the platform counts about itself, for Prometheus."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("nextgenerp_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "nextgenerp_request_seconds", "Time to answer", ["route"], buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
)
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


def observe_request(method: str | None, route: str, status: int, seconds: float) -> None:
    """Count one answered request under its route (never its path, which would be unbounded)."""
    REQUESTS.labels(method if method in METHODS else "OTHER", route, status).inc()
    SECONDS.labels(route).observe(seconds)
