"""A storm of cancelled statements while threads change tenants: every row read belongs to the tenant asked for.

Stock django-tenants leaks here: it swallows the error of a cancelled ``SET search_path``, and the next statement runs
on the path of the tenant before. The second test shows it with the stock wrapper, so that the first is known to see a
leak where there is one.
"""

import threading
from contextlib import suppress

import psycopg
import pytest
from django.db import Error, connection, connections
from django_tenants.postgresql_backend import base as stock

from nextgenerp.core.models import UsageCounter
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.database import base as ours
from nextgenerp.testing.factories import make_tenant, remove_tenant

MARK = "storm-mark"
THREADS = 4
ROUNDS = 1500


@pytest.fixture
def marked_tenants(tenants, django_db_blocker):
    with django_db_blocker.unblock():
        made = [make_tenant(f"Storm Demo {number}") for number in (0, 1)]
        for number, one in enumerate(made):
            with tenant_context(one):
                UsageCounter.objects.create(key=MARK, used=number)
        try:
            yield made
        finally:
            leave_tenant()
            connection.close()
            for one in made:
                remove_tenant(one)


class Storm:
    """Threads that read in both tenants in turn while another connection cancels whatever they run."""

    def __init__(self, tenants, wrapper=ours.DatabaseWrapper):
        self.tenants = tenants
        self.wrapper = wrapper
        self.started = threading.Barrier(THREADS + 1)
        self.over = threading.Event()
        self.pids = []
        self.right = self.leaked = self.refused = 0
        self.lock = threading.Lock()

    def read(self):
        own = connections["default"] = self.wrapper(connections.settings["default"], "default")
        own.inc_thread_sharing()
        right = leaked = refused = 0
        try:
            with own.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pids.append(cursor.fetchone()[0])
            self.started.wait(timeout=30)
            for number in range(ROUNDS):
                wanted = number % 2
                own.set_tenant(self.tenants[wanted])
                try:
                    got = UsageCounter.objects.get(key=MARK).used
                except Error:
                    refused += 1
                    continue
                right, leaked = right + (got == wanted), leaked + (got != wanted)
        finally:
            own.close()
            with self.lock:
                self.right, self.leaked = self.right + right, self.leaked + leaked
                self.refused += refused

    def cancel(self, parameters):
        with psycopg.connect(**parameters, autocommit=True) as canceller:
            self.started.wait(timeout=30)
            while not self.over.is_set():
                for pid in self.pids:
                    with suppress(psycopg.Error):
                        canceller.execute("SELECT pg_cancel_backend(%s)", [pid])

    def run(self):
        parameters = connection.get_connection_params()
        names = {"dbname", "user", "password", "host", "port"}
        parameters = {name: value for name, value in parameters.items() if name in names}
        readers = [threading.Thread(target=self.read) for _ in range(THREADS)]
        storm = threading.Thread(target=self.cancel, args=[parameters])
        for thread in (*readers, storm):
            thread.start()
        for thread in readers:
            thread.join()
        self.over.set()
        storm.join()
        return self


def test_no_statement_runs_on_another_tenants_path(marked_tenants):
    storm = Storm(marked_tenants).run()
    assert storm.leaked == 0
    assert storm.refused > 50  # it was a storm
    assert storm.right > 50  # and not one in which nothing got through


def test_the_stock_wrapper_leaks_in_the_same_storm(marked_tenants):
    storms = (Storm(marked_tenants, stock.DatabaseWrapper).run() for _ in range(20))
    assert any(storm.leaked for storm in storms)
