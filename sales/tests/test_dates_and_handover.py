"""What the passing of days does to documents, and what becomes of those of a seat that leaves."""

from datetime import timedelta

import pytest

from accounts.models import Tenant
from nextgenerp.core.tenancy import tenant_context, tenant_today
from nextgenerp.testing.factories import make_seat
from sales.models import Quotation
from sales.services import dates
from sales.tasks import keep_dates
from sales.tests.documents import (
    EVERYTHING,
    GRANTS,
    all_rounder,
    changed,
    confirmed,
    created,
    history_of,
    make_order,
    make_proforma,
    make_quotation,
    move,
    sent,
    snapshot,
)


@pytest.fixture
def client(member):
    return all_rounder(member)


@pytest.fixture
def yesterday(tenant):
    with tenant_context(tenant):
        return (tenant_today() - timedelta(days=1)).isoformat()


def category(client, path, document):
    return client.get(f"{path}/{document['id']}").json()["status"]["category"]


def run(tenant):
    with tenant_context(tenant):
        keep_dates()


def test_quotations_expire_the_day_after_their_last(client, tenant, yesterday):
    with tenant_context(tenant):
        today = tenant_today().isoformat()
    past = sent(client, make_quotation(client, validUntil=yesterday))
    last_day = sent(client, make_quotation(client, validUntil=today))
    draft, open_end = make_quotation(client, validUntil=yesterday), sent(client, make_quotation(client))
    accepted = sent(client, make_quotation(client, validUntil=yesterday))
    changed(move(client, "/quotations", accepted, "accepted"))
    run(tenant)
    found = [category(client, "/quotations", one) for one in (past, last_day, draft, open_end, accepted)]
    assert found == ["expired", "sent", "draft", "sent", "accepted"]
    assert history_of(tenant, past["id"])[-1] == (
        "status_changed", {"status": ["Sent", "Expired"], "category": ["sent", "expired"]},
    )  # fmt: skip
    assert client.get(f"/quotations/{past['id']}").json()["version"] == past["version"] + 1
    before = snapshot(tenant)
    run(tenant)
    assert snapshot(tenant) == before


def test_the_day_is_the_tenants(client, tenant, yesterday):
    """At any moment it is another day in one of these zones than in the other."""
    quotation = sent(client, make_quotation(client))
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
        fresh = Tenant.objects.get(pk=tenant.pk)
        with tenant_context(fresh):
            Quotation.objects.filter(id=quotation["id"]).update(valid_until=tenant_today())
            assert dates.expire_quotations() == 0
            Quotation.objects.filter(id=quotation["id"]).update(
                valid_until=tenant_today() - timedelta(days=1)
            )
            if zone == "Etc/GMT+12":
                assert dates.expire_quotations() == 1


def test_batches_go_on_until_nothing_is_left(client, tenant, yesterday, monkeypatch):
    monkeypatch.setattr(dates, "BATCH", 2)
    for _ in range(5):
        sent(client, make_quotation(client, validUntil=yesterday))
    with tenant_context(tenant):
        assert dates.expire_quotations() == 5


def test_unpaid_proforma_invoices_become_overdue(client, tenant, yesterday):
    path = "/proforma-invoices"
    late, partly, paid, open_end = (
        changed(move(client, path, make_proforma(client, **due), "sent"))
        for due in ({"dueDate": yesterday}, {"dueDate": yesterday}, {"dueDate": yesterday}, {})
    )
    draft = make_proforma(client, dueDate=yesterday)
    for one, amount in ((partly, "1"), (paid, "2000")):
        created(client.post(f"{path}/{one['id']}/payments", {"amount": amount, "method": "cash"}))
    run(tenant)
    found = [category(client, path, one) for one in (late, partly, paid, open_end, draft)]
    assert found == ["overdue", "overdue", "paid", "sent", "draft"]
    before = snapshot(tenant)
    run(tenant)
    assert snapshot(tenant) == before


def test_a_leavers_open_documents_are_given_to_another(member, client, tenant):
    leaver, successor = make_seat(tenant), make_seat(tenant)
    owner = {"ownerId": str(leaver.id)}
    open_ones = [
        ("/quotations", make_quotation(client, **owner)),
        ("/quotations", sent(client, make_quotation(client, **owner))),
        ("/proforma-invoices", make_proforma(client, **owner)),
        ("/sales-orders", confirmed(client, make_order(client, **owner))),
    ]
    cancelled = changed(move(client, "/quotations", make_quotation(client, **owner), "cancelled"))
    admin = member(user_management=EVERYTHING, **dict.fromkeys(GRANTS, EVERYTHING))
    assert admin.delete(f"/users/{leaver.id}?reassignTo={successor.id}").status_code in {200, 204}
    for path, one in open_ones:
        after = client.get(f"{path}/{one['id']}").json()
        assert (after["ownerId"], after["version"]) == (str(successor.id), one["version"] + 1)
        change = {"ownerId": [str(leaver.id), str(successor.id)]}
        assert history_of(tenant, one["id"])[-1] == ("updated", change)
    assert client.get(f"/quotations/{cancelled['id']}").json()["ownerId"] == str(leaver.id)
