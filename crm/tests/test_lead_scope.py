"""Whose leads one sees: the own ones, those of everybody below, or all; the same in every figure."""

import csv
import io
from uuid import UUID

import pytest

from crm.models import Lead
from crm.tests.leads import EVERYTHING, history_of, listed, make, status_id
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture
def people(tenant, member):
    """A boss, two below (one of them through the other), and a peer, each with a lead of theirs; an unassigned one."""

    def seat(scope, manager=None):
        return Client(make_seat(tenant, manager=manager, permissions=grants(scope, leads=EVERYTHING)))

    boss = seat("team")
    below = seat("own", boss.seat)
    deeper = seat("own", below.seat)
    peer = seat("own")
    everybody = seat("all")
    for name, client in (("Boss", boss), ("Below", below), ("Deeper", deeper), ("Peer", peer)):
        make(everybody, lastName=name, assignedToId=str(client.seat.id))
    make(everybody, lastName="Nobodys", assignedToId=None)
    return {"boss": boss, "below": below, "deeper": deeper, "peer": peer, "all": everybody}


SEEN = {
    "boss": ["Below", "Boss", "Deeper"],
    "below": ["Below"],
    "deeper": ["Deeper"],
    "peer": ["Peer"],
    "all": ["Below", "Boss", "Deeper", "Nobodys", "Peer"],
}


@pytest.mark.parametrize("who", SEEN)
def test_the_same_leads_everywhere(who, people, tenant):
    client = people[who]
    with tenant_context(tenant):
        ids = dict(Lead.objects.values_list("last_name", "id"))
    assert sorted(listed(client)) == SEEN[who]
    assert client.get("/leads?limit=1").json()["pagination"]["total"] == len(SEEN[who])
    assert sorted(listed(client, "search=demo")) == SEEN[who]
    for name, lead in ids.items():
        expected = 200 if name in SEEN[who] else 404
        assert client.get(f"/leads/{lead}").status_code == expected
        assert client.patch(f"/leads/{lead}", {"city": "Pune"}).status_code == expected
    response = client.get("/leads/export")
    lines = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert sorted(line["lastName"] for line in lines) == SEEN[who]
    figures = client.get("/leads/meta/statuses").json()["data"]
    assert sum(status["leadCount"] for status in figures) == len(SEEN[who])
    hidden = set(ids) - set(SEEN[who])
    assert all(client.delete(f"/leads/{ids[name]}").status_code == 404 for name in hidden)


def test_whoever_moves_to_another_team_takes_their_leads_along(people, member):
    admin = member("tenant_admin")
    deeper = people["deeper"].seat
    assert admin.patch(f"/users/{deeper.id}", {"managerId": str(people["peer"].seat.id)}).status_code == 200
    assert sorted(listed(people["boss"])) == ["Below", "Boss"]


def test_a_leavers_open_leads_go_to_somebody(people, member, tenant):
    admin, leaver, heir = member("tenant_admin"), people["below"].seat, people["peer"].seat
    lost = make(
        people["all"],
        lastName="Lost",
        assignedToId=str(leaver.id),
        statusId=status_id(tenant, "Lost"),
        lostReason="x",
    )
    response = admin.delete(f"/users/{leaver.id}?reassignTo={heir.id}")
    assert response.status_code == 204
    assert sorted(listed(people["peer"])) == ["Below", "Peer"]
    with tenant_context(tenant):
        moved = Lead.objects.get(last_name="Below")
        assert (moved.assigned_to_id, moved.version) == (heir.id, 2)
        assert Lead.objects.get(id=UUID(lost["id"])).assigned_to_id == leaver.id
        assert Lead.objects.get(last_name="Deeper").version == 1
    assert history_of(tenant, str(moved.id))[-1] == (
        "updated", {"assignedToId": [str(leaver.id), str(heir.id)]}
    )  # fmt: skip


def test_without_a_successor_they_stay(people, member, tenant):
    leaver = people["below"].seat
    assert member("tenant_admin").delete(f"/users/{leaver.id}").status_code == 204
    with tenant_context(tenant):
        assert Lead.objects.get(last_name="Below").assigned_to_id == leaver.id


def test_who_may_not_hand_over_and_to_whom(people, member, tenant, other_tenant):
    admin, leaver = member("tenant_admin"), people["below"].seat
    path = f"/users/{leaver.id}?reassignTo="
    for wrong in (leaver.id, make_seat(other_tenant).id, make_seat(tenant, is_active=False).id, "nobody", ""):
        response = admin.delete(f"{path}{wrong}")
        assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "reassignTo")
    clerk = member(user_management=["view", "delete"], leads=["view"])
    response = clerk.delete(f"{path}{people['peer'].seat.id}")
    assert (response.status_code, response.json()["module"], response.json()["action"]) == (
        403,
        "Leads",
        "canEdit",
    )
    leaver.refresh_from_db()
    assert leaver.is_active
    with tenant_context(tenant):
        assert Lead.objects.get(last_name="Below").version == 1
    # out of the caller's scope they stay with the leaver
    narrow = member(
        scope="all", user_management=["view", "delete"], leads=["view", "edit"], quotations=["view", "edit"],
        proforma_invoices=["view", "edit"], sales_orders=["view", "edit"], finance=["view", "edit"],
    )  # fmt: skip
    seat = narrow.seat
    seat.permissions["Leads"]["scope"] = "own"
    seat.save()
    assert narrow.delete(f"{path}{people['peer'].seat.id}").status_code == 204
    with tenant_context(tenant):
        assert Lead.objects.get(last_name="Below").assigned_to_id == leaver.id
