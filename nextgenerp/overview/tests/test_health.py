"""/health, /health/ready and /metrics: what they say, and to whom."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from nextgenerp.core.tasks import BEAT_SECONDS, after_commit, beat
from nextgenerp.database.models import DeferredTask, WorkerHeartbeat

OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def no_database():
    """``with no_database():`` every statement meets a PostgreSQL that went away."""

    @contextmanager
    def gone():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connection, "cursor", lost)
            yield

    return gone


def lost(*args, **kwargs):
    raise OperationalError("the connection is closed")


def test_health_is_exactly_ok(anonymous, db):
    response = anonymous.get("/health")
    assert (response.status_code, response.content) == (200, b'{"status":"ok"}')
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"


def test_health_without_a_database_is_503(anonymous, db, no_database):
    with no_database():
        response = anonymous.get("/health")
    assert (response.status_code, response.content) == (503, b'{"status":"error"}')


def test_ready_needs_a_worker_seen_lately(anonymous, tenant):
    WorkerHeartbeat.objects.all().delete()
    assert anonymous.get("/health/ready", **OUTSIDE).json() == {"status": "error"}
    beat()
    response = anonymous.get("/health/ready", **OUTSIDE)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    WorkerHeartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=BEAT_SECONDS + 1))
    assert anonymous.get("/health/ready", **OUTSIDE).status_code == 503


def test_ready_needs_every_migration(anonymous, tenant):
    beat()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.django_migrations WHERE app = 'accounts'")
    response = anonymous.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {
        "status": "error",
        "checks": {"database": "ok", "migrations": "error", "worker": "ok"},
    }


def test_ready_tells_details_to_this_machine_and_the_token_only(anonymous, tenant, settings):
    beat()
    details = {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "worker": "ok"}}
    assert anonymous.get("/health/ready").json() == details
    assert anonymous.get("/health/ready", HTTP_X_FORWARDED_FOR="203.0.113.9").json() == {"status": "ok"}
    settings.METRICS_TOKEN = "a-demo-metrics-token"
    assert anonymous.get("/health/ready", HTTP_AUTHORIZATION="Bearer wrong", **OUTSIDE).json() == {
        "status": "ok"
    }
    bearer = {"HTTP_AUTHORIZATION": "Bearer a-demo-metrics-token"}
    assert anonymous.get("/health/ready", **bearer, **OUTSIDE).json() == details


def test_ready_without_a_database_is_503(anonymous, db, no_database):
    with no_database():
        response = anonymous.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "error", "migrations": "error", "worker": "error"}


@pytest.mark.parametrize(
    "headers",
    [OUTSIDE, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {**OUTSIDE, "HTTP_AUTHORIZATION": "Bearer "}],
)
def test_metrics_are_private(anonymous, db, headers):
    response = anonymous.get("/metrics", **headers)
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


def test_an_empty_metrics_token_lets_nobody_in(anonymous, db, settings):
    settings.METRICS_TOKEN = ""
    assert anonymous.get("/metrics", HTTP_AUTHORIZATION="Bearer ", **OUTSIDE).status_code == 403


def test_metrics_count_requests_by_route_and_show_queue_and_tenants(
    anonymous, tenant, other_tenant, settings
):
    settings.METRICS_TOKEN = "a-demo-metrics-token"
    DeferredTask.objects.all().delete()
    after_commit("nextgenerp.core.tasks.beat", due_at=timezone.now() - timedelta(seconds=90))
    after_commit("nextgenerp.core.tasks.beat", due_at=timezone.now() + timedelta(hours=1))
    after_commit("nextgenerp.core.tasks.beat", due_at=timezone.now() + timedelta(hours=2))
    last = DeferredTask.objects.latest("due_at")
    DeferredTask.objects.filter(pk=last.pk).update(failed_at=timezone.now())
    before = sample(anonymous, 'nextgenerp_requests_total{method="GET",route="health",status="200"}')
    anonymous.get("/health")
    anonymous.get("/health")
    name = 'nextgenerp_requests_total{method="GET",route="health",status="200"}'
    assert sample(anonymous, name) == before + 2
    assert sample(anonymous, "nextgenerp_outbox_waiting") == 2
    assert sample(anonymous, "nextgenerp_outbox_failed") == 1
    assert 89 <= sample(anonymous, "nextgenerp_outbox_oldest_due_seconds") < 150
    assert sample(anonymous, "nextgenerp_database_up") == 1
    assert sample(anonymous, 'nextgenerp_tenants{status="active"}') >= 2


def test_metrics_without_a_database_say_so(anonymous, db, no_database):
    with no_database():
        response = anonymous.get("/metrics")
    assert response.status_code == 200
    assert b"nextgenerp_database_up 0.0" in response.content
    assert b"nextgenerp_tenants" not in response.content


def test_an_unknown_path_does_not_become_a_metric(anonymous, db):
    anonymous.get("/no/such/path-of-a-scanner")
    assert b"path-of-a-scanner" not in anonymous.get("/metrics").content


def sample(client, name):
    """The value of one line of /metrics, asked for with the token from elsewhere; 0 when it is not there."""
    response = client.get("/metrics", HTTP_AUTHORIZATION="Bearer a-demo-metrics-token", **OUTSIDE)
    assert response["Content-Type"].startswith("text/plain; version=")
    lines = response.content.decode().splitlines()
    return float(next((line.rsplit(" ", 1)[1] for line in lines if line.startswith(name + " ")), 0))
