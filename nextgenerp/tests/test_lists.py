"""Every list costs as many queries with twenty rows as with one, whatever hangs on the rows."""

import itertools

import pytest

from nextgenerp.core.api.permissions import SUPER_ADMIN, declared_access
from nextgenerp.core.tenancy import leave_tenant
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.testing import house
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import clear_queues, make_seat, make_tenant, make_user, remove_tenant
from nextgenerp.testing.routes import routes

numbers = itertools.count(1)

LISTS = [
    route for route in routes()
    if route.method == "GET" and not route.names and ("limit" in route.parameters or route.action in {"list", "export"})
]  # fmt: skip


def filled(count):
    """A tenant with so many rows on every list, and its admin's client."""
    tenant = make_tenant(f"Demo Works of {count}")
    seat = make_seat(tenant, "tenant_admin")
    for number in range(count):
        house.add(Client(seat), tenant, number)
    leave_tenant()
    clear_queues()
    return seat


@pytest.fixture(scope="module")
def tenants_of_one_and_of_twenty(tenants, django_db_blocker):
    with django_db_blocker.unblock():
        seats = filled(1), filled(20)
    yield seats
    with django_db_blocker.unblock():
        for seat in seats:
            remove_tenant(seat.tenant)


def mail():
    number = next(numbers)
    QueuedEmail.objects.create(
        template_key="otp", to=[f"demo-{number}@example.com"], subject="x", body_text="x",
        message_id=f"<demo-{number}@example.com>",
    )  # fmt: skip


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_twenty_rows_cost_what_one_does(route, tenants_of_one_and_of_twenty, db, queries):
    for_operators = declared_access(route.view, route.action) is SUPER_ADMIN
    operator = Client(user=make_user(is_super_admin=True))
    counts = []
    for seat, mails in zip(tenants_of_one_and_of_twenty, (1, 19), strict=True):
        for _ in range(mails):
            mail()
        with queries() as seen:
            # A page that is not full is not counted: full ones would cost a query more.
            full = "?limit=100" if "limit" in route.parameters else ""
            response = (operator if for_operators else Client(seat)).get(route.path + full)
            assert response.status_code == 200
            if response.streaming:
                b"".join(response.streaming_content)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_lists_are_found():
    assert {"/leads", "/leads/export", "/leads/meta/tags", "/email/queue", "/email/templates"} <= {
        one.path for one in LISTS
    }
