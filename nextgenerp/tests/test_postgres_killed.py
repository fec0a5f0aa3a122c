"""PostgreSQL and web workers killed under load: what was acknowledged is there once, what was not answers 503.

A PostgreSQL and web servers of the test's own, on loopback, with clients that create leads under Idempotency-Keys and
try again until they are answered.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings

from nextgenerp.database.embedded import EmbeddedPostgres
from nextgenerp.development import _web_command as web_command

pytestmark = [
    pytest.mark.xdist_group("kills"),
    pytest.mark.skipif(sys.platform != "linux", reason="finds workers in /proc"),
]
ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))
CLIENTS = 4
LEADS_A_ROUND = 60
PATIENCE = 90  # seconds for anything, so that a failing test ends
PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate_tenants", "--no-spares", verbosity=0)
from accounts.tokens import AccessToken
from nextgenerp.testing.factories import make_seat, make_tenant
tenant = make_tenant("Killed Demo Works")
seat = make_seat(tenant, "admin")
print(tenant.schema_name, AccessToken.issue(seat.user, seat))
"""


@pytest.fixture(scope="module")
def folder():
    made = Path(tempfile.mkdtemp(prefix="killed-"))
    made.chmod(0o755)  # the user PostgreSQL runs as has to enter it
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres(folder):
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    yield server
    server.stop(even_if_used=True)
    shutil.rmtree(server.home, ignore_errors=True)


@pytest.fixture(scope="module")
def environment(folder, postgres):
    """The environment of the web servers; tokens of the test's tenant hold there."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "ENVIRONMENT": "development",
        "DJANGO_SETTINGS_MODULE": "nextgenerp.settings",
        "DATABASE_URL": postgres.url,
        "VAR_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "RATE_LIMIT_ADDRESS": "1000000",
        "RATE_LIMIT_SEAT": "1000000",
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture(scope="module")
def tenant(environment):
    """``(schema, token)`` of a tenant and its admin."""
    made = subprocess.run(
        [sys.executable, "-c", PREPARE],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.split()[-2:]


@pytest.fixture
def web(environment, tenant):
    """``(process, port)`` of a web server with two workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        web_command("127.0.0.1", port), cwd=settings.BASE_DIR, env=environment, start_new_session=True
    )
    deadline = time.monotonic() + PATIENCE
    while ask(port, "GET", "/health")[0] != 200:
        assert process.poll() is None
        assert time.monotonic() < deadline
    yield process, port
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ask(port, method, path, body=None, headers=None):
    """One request on a connection of its own: ``(status, answer)``, status 0 when there was no answer."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        client.request(method, path, None if body is None else json.dumps(body), headers or {})
        response = client.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        client.close()


class Load:
    """Clients that create leads one after the other; each is asked for until it is acknowledged."""

    def __init__(self, port, token, total):
        self.port, self.token = port, token
        self.keys = [str(uuid4()) for _ in range(total)]
        self.acknowledged = {}
        self.statuses = Counter()
        self.deadline = time.monotonic() + PATIENCE
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self.create, args=[self.keys[n::CLIENTS]]) for n in range(CLIENTS)
        ]
        for thread in self.threads:
            thread.start()

    def create(self, keys):
        for key in keys:
            while time.monotonic() < self.deadline:
                status, lead = self.post(key)
                with self.lock:
                    self.statuses[status] += 1
                    if status == 201:
                        self.acknowledged[key] = lead["id"]
                if status == 201:
                    break
                time.sleep(0.02)

    def post(self, key):
        headers = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key
        }  # fmt: skip
        body = {"firstName": "Demo", "lastName": key, "email": f"{key}@example.com"}
        return ask(self.port, "POST", "/leads", body, headers)

    def wait_for(self, acknowledged):
        while len(self.acknowledged) < acknowledged and time.monotonic() < self.deadline:
            time.sleep(0.01)
        assert len(self.acknowledged) >= acknowledged, self.statuses

    def finish(self):
        for thread in self.threads:
            thread.join()
        assert len(self.acknowledged) == len(self.keys), self.statuses


def verify(load, postgres, schema):
    """Every acknowledged lead is there once, with number, history and stored answer; there are no others."""
    again = {key: load.post(key) for key in load.keys}
    assert {status for status, _ in again.values()} == {201}
    assert {key: lead["id"] for key, (_, lead) in again.items()} == load.acknowledged
    with psycopg.connect(postgres.url) as db:
        db.execute(f'SET search_path = "{schema}"')
        leads = db.execute(
            "SELECT id::text, last_name, lead_number FROM lead ORDER BY lead_number"
        ).fetchall()
        ours = [row for row in leads if row[1] in load.acknowledged]
        assert {row[1]: row[0] for row in ours} == load.acknowledged
        assert len(ours) == len(load.keys)
        assert [row[2] for row in leads] == [f"LD-{number:05}" for number in range(1, len(leads) + 1)]
        counter = db.execute("SELECT used, issued FROM usage_counter WHERE key = 'leads'").fetchone()
        assert counter == (len(leads), len(leads))
        history = db.execute(
            "SELECT count(*), count(DISTINCT record_id) FROM history WHERE action = 'created'"
        )
        assert history.fetchone() == (len(leads), len(leads))
        answers = db.execute("SELECT count(*) FROM idempotency_record").fetchone()
        assert answers == (len(leads),)


def test_postgres_killed_under_load(postgres, tenant, web, record_property):
    schema, token = tenant
    process, port = web
    load = Load(port, token, LEADS_A_ROUND * (ROUNDS + 1))
    recoveries = []
    for number in range(1, ROUNDS + 1):
        load.wait_for(number * LEADS_A_ROUND)
        postgres.kill()
        assert ask(port, "GET", "/health") == (503, {"status": "error"})
        postgres.start()
        started, seen = time.monotonic(), len(load.acknowledged)
        load.wait_for(seen + 1)
        recoveries.append(round(time.monotonic() - started, 2))
    load.finish()
    record_property("recovered_after_seconds", recoveries)
    record_property("statuses", dict(load.statuses))
    assert set(load.statuses) == {201, 503}
    verify(load, postgres, schema)
    assert process.poll() is None


def workers_of(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def test_web_workers_killed_under_load(postgres, tenant, web, record_property):
    schema, token = tenant
    process, port = web
    load = Load(port, token, LEADS_A_ROUND * (ROUNDS + 1))
    for number in range(1, ROUNDS + 1):
        load.wait_for(number * LEADS_A_ROUND)
        os.kill(workers_of(process)[0], signal.SIGKILL)
        load.wait_for(len(load.acknowledged) + 20)
    load.finish()
    record_property("statuses", dict(load.statuses))
    # 0: the connection broke; 409: the first try's transaction was still being rolled back.
    assert set(load.statuses) <= {201, 503, 409, 0}
    verify(load, postgres, schema)
    assert process.poll() is None
