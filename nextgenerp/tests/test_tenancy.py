"""Every way a connection may come out of an error, a transaction or another thread: always in its own schema."""

import threading
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from accounts.acting import load_seat
from accounts.models import Tenant
from nextgenerp.core import entitlements, tasks
from nextgenerp.core.api.problems import as_domain_error
from nextgenerp.core.models import UsageCounter
from nextgenerp.core.tenancy import current_schema, enter_tenant, leave_tenant, tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.database.models import DeferredTask
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat, make_tenant, remove_tenant

MARK = "tenancy-mark"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pair(tenants, django_db_blocker):
    """Two committed tenants, each with one counter whose figure says whose it is."""
    with django_db_blocker.unblock():
        made = [make_tenant(f"Tenancy Demo {number}") for number in (1, 2)]
        for number, one in enumerate(made, start=1):
            with tenant_context(one):
                UsageCounter.objects.create(key=MARK, used=number)
        try:
            yield made
        finally:
            for one in made:
                remove_tenant(one)


@pytest.fixture
def live(pair, django_db_blocker):
    """The two tenants outside any transaction of the test's; the connection is closed at the end."""
    with django_db_blocker.unblock():
        yield pair
        connection.close()


def mark() -> int:
    return UsageCounter.objects.get(key=MARK).used


def real_schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return cursor.fetchone()[0]


def login() -> dict[str, object]:
    """How to connect beside Django's own connection."""
    names = {"dbname", "user", "password", "host", "port"}
    return {name: value for name, value in connection.get_connection_params().items() if name in names}


def fail_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


@transaction.atomic
def enter_and_fail(second) -> None:
    enter_tenant(second)  # the SET is sent inside the transaction, and rolled back with it
    assert mark() == 2
    fail_statement()


@transaction.atomic
def write_and_pass_over_an_error() -> None:
    UsageCounter.objects.filter(key=MARK).update(issued=7)
    with suppress(DatabaseError):
        fail_statement()


def test_each_tenant_reads_its_own_row(live):
    for number, one in enumerate(live, start=1):
        with tenant_context(one):
            assert mark() == number
    assert current_schema() == real_schema() == "public"


def test_contexts_nest_and_return(live):
    first, second = live
    with tenant_context(first):
        with tenant_context(second):
            assert mark() == 2
        assert mark() == 1


def test_an_exception_in_a_context_returns_to_the_schema_before(live):
    with pytest.raises(LookupError), tenant_context(live[0]):
        raise LookupError
    assert real_schema() == "public"


def test_public_has_no_tables_of_tenants(live):
    with pytest.raises(ProgrammingError, match="usage_counter"):
        mark()


def test_rollback_keeps_the_schema(live):
    first, second = live
    with tenant_context(first):
        assert mark() == 1
        with pytest.raises(DatabaseError):
            enter_and_fail(second)
        assert mark() == 2
        assert real_schema() == second.schema_name


def test_savepoint_rollback_keeps_the_schema(live):
    first, second = live
    with tenant_context(first), transaction.atomic():
        assert mark() == 1
        with suppress(DatabaseError), transaction.atomic():
            enter_tenant(second)
            assert mark() == 2
            fail_statement()
        assert mark() == 2
        assert real_schema() == second.schema_name


def test_a_rolled_back_context_reads_its_tenant_again(live):
    first, second = live
    with tenant_context(first), transaction.atomic():
        with suppress(DatabaseError), transaction.atomic(), tenant_context(second):
            fail_statement()
        assert mark() == 1


def test_a_passed_over_error_cannot_move_the_next_statement_to_another_tenant(live):
    """COMMIT of an aborted transaction is a ROLLBACK, and takes the search path set inside it along."""
    first, second = live
    with tenant_context(first):
        assert mark() == 1
    with tenant_context(second):
        with pytest.raises(TransactionManagementError):
            write_and_pass_over_an_error()
        assert mark() == 2
        assert UsageCounter.objects.get(key=MARK).issued == 0


def test_a_new_connection_is_in_the_schema(live):
    with tenant_context(live[1]):
        assert mark() == 2
        connection.close()
        assert mark() == 2
        assert real_schema() == live[1].schema_name


def test_a_terminated_connection_is_an_outage_and_then_in_the_schema(live):
    with tenant_context(live[1]):
        with connection.cursor() as cursor, suppress(OperationalError):
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(OperationalError) as caught:
            mark()
        assert as_domain_error(caught.value).status == 503
        connection.close_if_unusable_or_obsolete()
        assert mark() == 2


def test_a_connection_the_server_has_closed_is_replaced_before_it_is_used(live, monkeypatch):
    monkeypatch.setattr(connection, "health_check_enabled", True)
    with tenant_context(live[1]):
        assert mark() == 2
        before = connection.connection.info.backend_pid
        with psycopg.connect(**login(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [before])
        connection.close_if_unusable_or_obsolete()  # as every request begins
        assert (mark(), real_schema()) == (2, live[1].schema_name)
        assert connection.connection.info.backend_pid != before


@pytest.mark.parametrize("where", ["public", "another tenant"])
def test_looking_for_a_seat_moves_no_other_statement(live, where):
    """It puts the connection into the seat's schema; until that is entered, statements stay where they were."""
    seat = make_seat(live[0])
    if where == "public":
        assert real_schema() == "public"
        assert load_seat(str(seat.id), str(seat.user_id), None)[0] == seat
        assert real_schema() == "public"
        with pytest.raises(ProgrammingError):
            mark()
    else:
        with tenant_context(live[1]):
            assert mark() == 2
            assert load_seat(str(seat.id), str(seat.user_id), None)[0] == seat
            assert mark() == 2
            assert load_seat(str(new_id()), str(seat.user_id), None) == (None, False)
            assert mark() == 2
    with tenant_context(live[0]):
        assert mark() == 1


def test_a_request_sets_no_path_by_a_statement_of_its_own(tenant):
    client = Client(make_seat(tenant, "tenant_admin"))
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/leads").status_code == 200
    assert [one["sql"] for one in seen if "SET search_path" in one["sql"]] == []
    assert len(seen) == 2  # who, and the page; tags and names of nobody need none


def test_server_side_cursors_read_their_own_tenant(live):
    first, second = live
    with tenant_context(first):
        rows = UsageCounter.objects.filter(key=MARK).iterator(chunk_size=1)
        assert next(rows).used == 1
        rows.close()
    with tenant_context(second):
        assert [row.used for row in UsageCounter.objects.filter(key=MARK).iterator(chunk_size=1)] == [2]


def test_a_refused_path_of_a_server_side_cursor_is_an_outage(live):
    """The path of a named cursor is set past Django's cursor: a raw error of psycopg's would be answered with 500."""
    with tenant_context(live[0]):
        assert mark() == 1
        pid = connection.connection.info.backend_pid
        with psycopg.connect(**login()) as killer:
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        enter_tenant(live[1])
        with pytest.raises(OperationalError) as caught:
            list(UsageCounter.objects.iterator())
        assert as_domain_error(caught.value).status == 503


def test_a_prepared_statement_follows_the_schema(live):
    statement = "SELECT used FROM usage_counter WHERE key = %s"
    for number, one in (*enumerate(live, 1), *enumerate(live, 1)):
        with tenant_context(one), connection.prepared_cursor() as cursor:
            cursor.execute(statement, [MARK])
            assert cursor.fetchone() == (number,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%usage_counter%'")
        assert cursor.fetchone() == (1,)
    with connection.prepared_cursor() as cursor, pytest.raises(ProgrammingError, match="usage_counter"):
        cursor.execute(statement, [MARK])
    with tenant_context(live[1]), transaction.atomic(), connection.prepared_cursor() as cursor:
        cursor.execute(statement, [MARK])
        transaction.set_rollback(True)
    with tenant_context(live[0]), connection.prepared_cursor() as cursor:
        cursor.execute(statement, [MARK])
        assert cursor.fetchone() == (1,)


def test_a_lazy_queryset_follows_the_schema_it_is_evaluated_in(live):
    """Not a wish but a fact to know: a queryset carries no tenant, so it is evaluated before its context ends."""
    with tenant_context(live[0]):
        lazy = UsageCounter.objects.filter(key=MARK).values_list("used", flat=True)
        evaluated = list(lazy.all())
    with tenant_context(live[1]):
        assert list(lazy.all()) == [2]
    with pytest.raises(ProgrammingError):
        list(lazy.all())
    assert evaluated == [1]


def test_a_new_thread_begins_in_public(live):
    seen = {}

    def look():
        seen["schema"] = current_schema()
        try:
            mark()
        except ProgrammingError:
            seen["refused"] = True
        finally:
            connection.close()

    with tenant_context(live[0]):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert mark() == 1
    assert seen == {"schema": "public", "refused": True}


def test_threads_do_not_share_a_schema(live):
    """Two threads in two tenants, statement by statement in turn."""
    barrier = threading.Barrier(2)
    wrong = []

    def read(number, one):
        with tenant_context(one):
            for _ in range(200):
                barrier.wait(timeout=30)
                if mark() != number:
                    wrong.append(number)
        connection.close()

    threads = [threading.Thread(target=read, args=pair) for pair in enumerate(live, start=1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def set_mark(issued: int) -> None:
    """A task of the tests below."""
    UsageCounter.objects.filter(key=MARK).update(issued=issued)


def issued(one) -> int:
    with tenant_context(one):
        return UsageCounter.objects.get(key=MARK).issued


@pytest.fixture
def deferred(live):
    """``deferred(schema)``: defer set_mark there, run it as the worker does, give its row if it is still there."""

    def run(schema: str, issued: int = 5) -> DeferredTask | None:
        connection.set_schema(schema)
        tasks.after_commit(f"{__name__}.set_mark", issued, due_at=LONG_AGO)
        leave_tenant()
        tasks.run_one()
        assert current_schema() == "public"
        return DeferredTask.objects.filter(function=f"{__name__}.set_mark").first()

    DeferredTask.objects.all().delete()
    yield run
    DeferredTask.objects.all().delete()
    for one in live:
        with tenant_context(one):
            UsageCounter.objects.filter(key=MARK).update(issued=0)


def test_a_task_runs_in_the_schema_it_was_deferred_in(live, deferred):
    assert deferred(live[0].schema_name) is None
    assert [issued(one) for one in live] == [5, 0]


@pytest.mark.parametrize("schema", ["t_00000000000000000000", "tenant_template"])
def test_a_task_of_no_tenant_fails_for_good(live, deferred, schema):
    row = deferred(schema)
    assert row.failed_at is not None
    assert "UnknownTenant" in row.error
    assert [issued(one) for one in live] == [0, 0]


def test_a_task_of_a_suspended_tenant_fails_and_writes_nothing(live, deferred):
    Tenant.objects.filter(pk=live[0].pk).update(status="suspended")
    row = deferred(live[0].schema_name)
    Tenant.objects.filter(pk=live[0].pk).update(status="active")
    assert row.failed_at is not None
    assert [issued(one) for one in live] == [0, 0]


def test_a_task_of_tenant_tables_fails_in_public(live, deferred):
    row = deferred("public")
    assert "usage_counter" in row.error
    assert [issued(one) for one in live] == [0, 0]


def test_leaving_is_for_good(tenant):
    enter_tenant(tenant)
    assert entitlements.used("nothing") == 0
    leave_tenant()
    with pytest.raises(ProgrammingError):
        entitlements.used("nothing")
