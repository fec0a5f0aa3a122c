"""The fixtures of every test: two committed tenants to act in, clients of any grants, query counts."""

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_databases

from accounts.models import Tenant
from nextgenerp.core.migrating import migrate_everything
from nextgenerp.core.tenancy import leave_tenant
from nextgenerp.testing.client import Client
from nextgenerp.testing.databases import copied_database
from nextgenerp.testing.factories import (
    clear_queues,
    drop_spares,
    grants,
    make_seat,
    make_tenant,
    make_user,
    remove_tenant,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups, which take minutes, come first: at the end one process would be left with them."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_collection_finish() -> None:
    """Everything imported stays for good: the collector need not go through it for every test's garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """The tests' own database, always: pytest-django's fixture leaves the real one connected where no collected test
    asks for ``db`` by name, and tests that commit do not. With --reuse-db the very same one as the last time."""
    with django_db_blocker.unblock():
        if django_db_keepdb:
            setup_databases(verbosity=0, interactive=False, keepdb=not django_db_createdb)
            yield
        else:
            with copied_database():
                yield


@pytest.fixture(scope="session")
def tenants(django_db_setup: None, django_db_blocker: Any) -> tuple[Tenant, Tenant]:
    """Two tenants, committed once; tests change them in transactions that are rolled back."""
    with django_db_blocker.unblock():
        migrate_everything(workers=1)
        existing = list(Tenant.objects.filter(slug__startswith="fixture-").order_by("slug"))
        if len(existing) == 2:  # a database kept by --reuse-db
            return existing[0], existing[1]
        made = (make_tenant("First Demo Works"), make_tenant("Second Demo Works"))
        for number, one in enumerate(made):
            Tenant.objects.filter(pk=one.pk).update(slug=f"fixture-{number}")
            one.refresh_from_db()
        return made


@pytest.fixture(autouse=True)
def public_schema() -> Iterator[None]:
    """Every test begins and ends in public."""
    yield
    leave_tenant()


@pytest.fixture
def tenant(tenants: tuple[Tenant, Tenant], db: None) -> Tenant:
    tenants[0].refresh_from_db()  # a test before may have changed it, and its transaction is rolled back
    return tenants[0]


@pytest.fixture
def other_tenant(tenants: tuple[Tenant, Tenant], db: None) -> Tenant:
    tenants[1].refresh_from_db()
    return tenants[1]


@pytest.fixture
def member(tenant: Tenant) -> Callable[..., Client]:
    """``member(leads=["view"])``: a client of a new seat with these grants alone; ``member("admin")`` with a role's.

    Further keywords: ``scope``, ``tenant`` and fields of the seat.
    """

    def make(role: str = "", *, scope: str = "all", tenant: Tenant = tenant, **modules: list[str]) -> Client:
        permissions = grants(scope, **modules) if modules or not role else None
        return Client(make_seat(tenant, role or "staff", permissions=permissions))

    return make


@pytest.fixture
def anonymous() -> Client:
    return Client()


@pytest.fixture
def super_admin(tenant: Tenant) -> Client:
    """A platform operator without a seat."""
    return Client(user=make_user(is_super_admin=True))


@pytest.fixture
def committed_tenant(tenants: Any, django_db_blocker: Any) -> Iterator[Tenant]:
    """A throw-away tenant outside any transaction, for tests with threads, processes or kills."""
    with django_db_blocker.unblock():
        one = make_tenant("Committed Demo Works")
        try:
            yield one
        finally:
            connection.close()
            clear_queues()
            remove_tenant(one)


@pytest.fixture
def committing(tenants: Any, django_db_blocker: Any) -> Iterator[None]:
    """The database without a transaction around the test, for threads and processes."""
    with django_db_blocker.unblock():
        yield
        clear_queues()
        drop_spares()
        connection.close()


@pytest.fixture
def queries() -> Callable[[], AbstractContextManager[list[str]]]:
    """``with queries() as seen:`` collects the statements that matter: not search paths, not savepoints."""

    @contextmanager
    def capture() -> Iterator[list[str]]:
        seen: list[str] = []
        with CaptureQueriesContext(connection) as captured:
            yield seen
        noise = ("SET search_path", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO")
        seen += [query["sql"] for query in captured if not query["sql"].startswith(noise)]

    return capture
