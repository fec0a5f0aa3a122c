"""/metrics for Prometheus: what the web processes counted, and the state of queue and tenants from the database."""

from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from nextgenerp.core.api.permissions import PRIVATE
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import Forbidden
from nextgenerp.core.metrics import process_registry
from nextgenerp.overview.private import is_operator

OUTBOX = """
    SELECT count(*) FILTER (WHERE failed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL),
           coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE failed_at IS NULL AND due_at <= now())), 0)
    FROM public.deferred_task
"""
TENANTS = "SELECT status, count(*) FROM public.tenant GROUP BY status ORDER BY status"


class DatabaseState(Collector):
    """Gauges read from the database at the moment of the scrape."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(OUTBOX)
                waiting, failed, oldest = cursor.fetchone()
                cursor.execute(TENANTS)
                tenants = cursor.fetchall()
        except (DatabaseError, InterfaceError):
            yield gauge("database_up", "Whether PostgreSQL answers", 0)
            return
        yield gauge("database_up", "Whether PostgreSQL answers", 1)
        yield gauge("outbox_waiting", "Deferred tasks not done yet", waiting)
        yield gauge("outbox_failed", "Deferred tasks that failed for good", failed)
        yield gauge(
            "outbox_oldest_due_seconds", "How long the first due task has been waiting", float(oldest)
        )
        by_status = GaugeMetricFamily("nextgenerp_tenants", "Tenants", labels=["status"])
        for status, number in tenants:
            by_status.add_metric([status], number)
        yield by_status


def gauge(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"nextgenerp_{name}", said, value=value)


class MetricsView(ApiView):
    """Prometheus metrics, for this machine and the bearer of METRICS_TOKEN."""

    permission_actions = {"show": PRIVATE}
    accepts_any_parameter = True

    def show(self, request: Any) -> HttpResponse:
        if not is_operator(request):
            raise Forbidden("Metrics are for this machine or the bearer of the metrics token.")
        registry = process_registry()
        registry.register(DatabaseState())
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
