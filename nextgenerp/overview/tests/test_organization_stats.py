"""/organizations/my-organization/stats: gathered by the worker tenant by tenant, added up for who may see which."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Tenant
from nextgenerp.core.tasks import run_due
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.models import DeferredTask, TenantStatistics
from nextgenerp.overview import statistics
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat, make_tenant

STATS = "/organizations/my-organization/stats"
NAMES = ["users", "leads", "customers", "deals", "quotations", "salesOrders", "revenue"]
NOTHING = dict.fromkeys(NAMES[:-1], 0) | {"revenue": "0.00"}


@pytest.fixture
def tenant(tenant):
    """The first tenant without the sub-tenants other tests have committed under it."""
    Tenant.objects.filter(parent=tenant).update(status="archived")
    return tenant


@pytest.fixture
def branch(tenant):
    return make_tenant("Demo Branch", parent=tenant)


def add_leads(tenant, number):
    client = Client(make_seat(tenant, "tenant_admin"))
    for one in range(number):
        body = {"firstName": "Demo", "email": f"demo-lead-{one}@example.com"}
        assert client.post("/leads", body).status_code == 201
    return client


def work():
    """What the worker does in a minute."""
    statistics.gather_everywhere()
    run_due()


def test_the_worker_counts_each_tenant_in_its_own_schema(tenant, other_tenant, branch):
    root, sister = add_leads(tenant, 2), add_leads(branch, 3)
    add_leads(other_tenant, 4)
    make_seat(tenant, is_active=False)
    seats = tenant.seats.filter(is_active=True).count()
    before = timezone.now()
    work()
    body = root.get(STATS).json()
    assert list(body) == [*NAMES, "tenants", "byTenant"]
    own, below = body.pop("byTenant")
    assert body == NOTHING | {"tenants": 2, "users": seats + 1, "leads": 5}
    instant = own.pop("generatedAt")
    assert before <= datetime.fromisoformat(instant) <= timezone.now()
    assert own == NOTHING | {"tenantId": str(tenant.id), "name": tenant.name, "users": seats, "leads": 2}
    assert (below["tenantId"], below["users"], below["leads"]) == (str(branch.id), 1, 3)
    alone = sister.get(STATS).json()
    assert (alone["tenants"], alone["users"], alone["leads"], len(alone["byTenant"])) == (1, 1, 3, 1)


def test_figures_are_those_of_the_last_gathering(tenant, branch):
    client = add_leads(tenant, 1)
    untouched = client.get(STATS).json()
    assert {key: untouched[key] for key in NAMES} == NOTHING
    assert [row["generatedAt"] for row in untouched["byTenant"]] == [None, None]
    work()
    first = client.get(STATS).json()
    add_leads(branch, 1)
    assert client.get(STATS).json() == first
    work()
    second = client.get(STATS).json()
    assert (first["leads"], second["leads"]) == (1, 2)
    assert second["byTenant"][0]["generatedAt"] > first["byTenant"][0]["generatedAt"]
    assert TenantStatistics.objects.filter(schema_name=tenant.schema_name).count() == 1


def test_money_is_added_exactly(tenant, branch):
    for one, revenue in ((tenant, "9999999999999999.99"), (branch, "0.02")):
        TenantStatistics.objects.create(
            schema_name=one.schema_name, revenue=Decimal(revenue), sales_orders=2,
            generated_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    body = Client(make_seat(tenant, "admin")).get(STATS).json()
    assert (body["revenue"], body["salesOrders"]) == ("10000000000000000.01", 4)
    assert body["byTenant"][0]["generatedAt"] == "2026-01-01T00:00:00Z"


def test_what_is_archived_counts_no_more_and_what_is_suspended_keeps_its_figures(tenant, branch):
    client = Client(make_seat(tenant, "tenant_admin"))
    add_leads(branch, 2)
    work()
    Tenant.objects.filter(id=branch.id).update(status="suspended")
    work()
    assert client.get(STATS).json()["leads"] == 2
    Tenant.objects.filter(id=branch.id).update(status="archived")
    body = client.get(STATS).json()
    assert (body["leads"], body["tenants"]) == (0, 1)


def test_a_task_for_every_active_tenant_and_none_twice(tenant, other_tenant, branch):
    Tenant.objects.filter(id=other_tenant.id).update(status="suspended")
    DeferredTask.objects.all().delete()
    for _ in range(2):
        statistics.gather_everywhere()
    tasks = list(DeferredTask.objects.values_list("schema_name", "function", "arguments"))
    active = Tenant.objects.filter(status="active", schema_ready=True)
    assert sorted(tasks) == sorted((one.schema_name, statistics.GATHER, []) for one in active)
    assert {tenant.schema_name, branch.schema_name} <= {task[0] for task in tasks}
    DeferredTask.objects.filter(schema_name=tenant.schema_name).update(failed_at=timezone.now())
    statistics.gather_everywhere()  # the failed one rests and hinders nobody
    assert DeferredTask.objects.filter(schema_name=tenant.schema_name).count() == 2


def test_gathering_costs_a_fixed_number_of_statements(tenant, queries):
    counts = []
    for number in (1, 20):
        add_leads(tenant, number)
        with tenant_context(tenant), queries() as seen:
            statistics.gather()
        counts.append(len(seen))
    assert counts == [len(statistics.FIGURES) + 1] * 2


def test_no_statement_of_it_touches_a_tenant_and_public(tenant, queries):
    with tenant_context(tenant), queries() as seen:
        statistics.gather()
    shared = [any(f'"{name}"' in sql for name in ("membership", "tenant_statistics")) for sql in seen]
    own = [
        any(
            f'"{name}"' in sql for name in ("lead", "customer", "deal", "quotation", "sales_order", "invoice")
        )
        for sql in seen
    ]
    assert (shared.count(True), own.count(True)) == (2, 6)
    assert not any(map(all, zip(shared, own, strict=True)))


def test_every_figure_has_a_column_and_is_answered(tenant):
    assert set(statistics.FIGURES) <= set(statistics.NAMES)
    columns = {field.name for field in TenantStatistics._meta.concrete_fields}
    assert columns == {*statistics.NAMES, "id", "schema_name", "generated_at"}
