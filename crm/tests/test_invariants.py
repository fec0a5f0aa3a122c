"""Damage to the CRM's counters and numbers that check_invariants finds."""

import pytest

from crm.models import Lead
from nextgenerp.core.models import UsageCounter
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.books import assert_books_are_clean, problems_of
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat

PATHS = {"leads": "/leads", "customers": "/customers"}
BODIES = {"leads": {"firstName": "Demo", "email": "demo@example.com"}, "customers": {"name": "Demo Works"}}


@pytest.fixture
def boss(tenant):
    return Client(make_seat(tenant, "tenant_admin"))


@pytest.mark.parametrize("key", PATHS)
def test_a_counter_beside_the_truth_is_found(tenant, boss, key):
    made = [boss.post(PATHS[key], BODIES[key]).json()["id"] for _ in range(3)]
    assert boss.delete(f"{PATHS[key]}/{made[0]}").status_code == 204
    assert_books_are_clean(tenant)
    with tenant_context(tenant):
        UsageCounter.objects.filter(key=key).update(used=3)
    assert problems_of(tenant) == [f"usage counters: {key}: the counter says 3, there are 2"]


@pytest.mark.parametrize("key", PATHS)
def test_a_number_that_would_be_given_twice_is_found(tenant, boss, key):
    for _ in range(3):
        boss.post(PATHS[key], BODIES[key])
    with tenant_context(tenant):
        UsageCounter.objects.filter(key=key).update(issued=2)
    assert problems_of(tenant) == [
        f"running numbers: {key}: number 3 is given, the next would be 3",
        f"usage counters: {key}: 2 were numbered, 3 are in use",
    ]


def test_numbers_are_compared_as_numbers(tenant, boss):
    boss.post("/leads", BODIES["leads"])
    with tenant_context(tenant):
        UsageCounter.objects.filter(key="leads").update(issued=99999)
    boss.post("/leads", BODIES["leads"])
    with tenant_context(tenant):
        assert Lead.objects.filter(lead_number="LD-100000").exists()
    assert_books_are_clean(tenant)
    with tenant_context(tenant):
        UsageCounter.objects.filter(key="leads").update(issued=99999)
    assert problems_of(tenant) == ["running numbers: leads: number 100000 is given, the next would be 100000"]
