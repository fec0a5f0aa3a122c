"""The kernel's tests speak to views of their own."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from nextgenerp.core import entitlements
from nextgenerp.core.tests import probes
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture(autouse=True)
def probe_urls(settings) -> Iterator[None]:
    """Serve the probes alone, with a clean record of what they did, and any plan put back at the end."""
    settings.ROOT_URLCONF = "nextgenerp.core.tests.probes"
    probes.happened.clear()
    provider = entitlements._provider
    yield
    entitlements.answer_with(provider)


@pytest.fixture
def full(member):
    """A client with every grant of the module the probes belong to."""
    return member(leads=["view", "create", "edit", "delete", "export"])


@pytest.fixture
def busy(committed_tenant, django_db_blocker):
    """A committed client, and ``busy.hold()``: the lock its ``/sleep`` waits for."""
    with django_db_blocker.unblock():
        client = Client(make_seat(committed_tenant, permissions=grants(leads=["create"])))
        parameters = connection.get_connection_params()
        names = {"dbname", "user", "password", "host", "port"}
        with psycopg.connect(
            **{name: parameters[name] for name in names & set(parameters)}, autocommit=True
        ) as holder:
            holder.execute("SELECT pg_advisory_lock(%s)", [probes.SLEEP])
            client.holder = holder
            yield client
        connection.close()
