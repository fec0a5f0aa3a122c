"""Every list costs as many queries with twenty rows as with one, whatever hangs on the rows."""

import pytest

from nextgenerp.core.api.permissions import SUPER_ADMIN, declared_access
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat, make_user
from nextgenerp.testing.routes import routes

LISTS = [
    route for route in routes()
    if route.method == "GET" and not route.names and ("limit" in route.parameters or route.action in {"list", "export"})
]  # fmt: skip


def add(client, tenant, number):
    """One row more on every list, with everything a row may refer to of its own."""
    colleague = make_seat(tenant, first_name=f"Demo {number}")
    tags = [
        client.post("/leads/meta/tags", {"name": f"tag {number}.{extra}"}).json()["id"] for extra in range(2)
    ]
    lead = client.post("/leads", {
        "firstName": f"Lead {number}", "company": f"Company {number}", "email": f"lead-{number}@example.com",
        "tagIds": tags, "assignedToId": str(colleague.id),
    })  # fmt: skip
    assert lead.status_code == 201, lead.content
    QueuedEmail.objects.create(
        template_key="otp", to=[f"demo-{number}@example.com"], subject="x", body_text="x",
        message_id=f"<demo-{number}@example.com>",
    )  # fmt: skip


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_twenty_rows_cost_what_one_does(route, tenant, queries):
    filler = Client(make_seat(tenant, "tenant_admin"))
    for_operators = declared_access(route.view, route.action) is SUPER_ADMIN
    caller = Client(user=make_user(is_super_admin=True)) if for_operators else filler
    counts = []
    for numbers in (range(1), range(1, 20)):
        for number in numbers:
            add(filler, tenant, number)
        with queries() as seen:
            response = caller.get(route.path)
            assert response.status_code == 200
            if response.streaming:
                b"".join(response.streaming_content)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_lists_are_found():
    assert {"/leads", "/leads/export", "/leads/meta/tags", "/email/queue", "/email/templates"} <= {
        one.path for one in LISTS
    }
