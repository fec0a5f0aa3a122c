"""Activities of leads: planned, done, put off, called off, and what becomes of the lead."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.models import LeadActivity
from crm.tests.activities import change, instant, lead_of, plan
from crm.tests.leads import EVERYTHING, field_errors, history_of, make
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture
def full(member):
    return member(leads=EVERYTHING)


@pytest.fixture
def lead(full):
    return make(full)


def timeline(client, lead, query=""):
    response = client.get(f"/leads/{lead['id']}/activities?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def shown(client, lead):
    return client.get(f"/leads/{lead['id']}").json()


def test_a_call_is_planned(full, tenant, lead):
    at = instant(30)
    response = full.post(
        f"/leads/{lead['id']}/activities",
        {
            "type": "call",
            "subject": " Price? ",
            "description": "Ask",
            "scheduledAt": at,
            "durationMinutes": 15,
        },
    )
    assert response.status_code == 201
    activity = response.json()
    me = {"id": str(full.seat.id), "name": f"{full.seat.first_name} {full.seat.last_name}"}
    assert activity | {"createdAt": "", "updatedAt": ""} == {
        "id": activity["id"], "leadId": lead["id"], "type": "call", "subject": "Price?", "description": "Ask",
        "scheduledAt": at, "durationMinutes": 15, "assignedToId": me["id"], "assignedTo": me, "reminderMinutes": None,
        "status": "planned", "completedAt": None, "outcome": "", "createdById": me["id"], "version": 1,
        "createdAt": "", "updatedAt": "",
    }  # fmt: skip
    assert response["ETag"] == '"1"'
    assert response["Location"] == f"/leads/{lead['id']}/activities/{activity['id']}"
    assert history_of(tenant, activity["id"]) == [("created", {})]


def test_it_does_not_change_the_leads_version(full, tenant, lead):
    before = shown(full, lead)
    activity = plan(full, lead)
    change(full, activity, status="completed", outcome="Will buy")
    after = shown(full, lead)
    assert full.get(f"/leads/{lead['id']}")["ETag"] == '"1"'
    assert after | {"lastActivityAt": None} == before
    assert len(history_of(tenant, lead["id"])) == 1


def test_the_earliest_planned_one_is_the_next_follow_up(full, lead):
    late, early, middle = (plan(full, lead, scheduledAt=instant(hours)) for hours in (72, 24, 48))
    assert shown(full, lead)["nextFollowUpAt"] == early["scheduledAt"]
    change(full, early, status="completed")
    assert shown(full, lead)["nextFollowUpAt"] == middle["scheduledAt"]
    change(full, middle, scheduledAt=instant(96))
    assert shown(full, lead)["nextFollowUpAt"] == late["scheduledAt"]
    change(full, late, status="cancelled")
    put_off = change(full, middle, scheduledAt=instant(100))
    assert shown(full, lead)["nextFollowUpAt"] == put_off["scheduledAt"]
    change(full, middle, status="cancelled")
    assert shown(full, lead)["nextFollowUpAt"] is None


def test_a_follow_up_set_by_hand_stays_until_something_is_planned(full, lead):
    by_hand = instant(5)
    full.patch(f"/leads/{lead['id']}", {"nextFollowUpAt": by_hand})
    plan(full, lead, type="note", scheduledAt=None)
    change(full, plan(full, lead, type="task", scheduledAt=None), status="completed")
    assert shown(full, lead)["nextFollowUpAt"] == by_hand
    planned = plan(full, lead)
    assert shown(full, lead)["nextFollowUpAt"] == planned["scheduledAt"]


def test_a_completed_one_keeps_its_outcome(full, tenant, lead):
    activity = plan(full, lead)
    done = change(full, activity, status="completed", outcome="Wants 20 pieces")
    assert (done["status"], done["outcome"], done["version"]) == ("completed", "Wants 20 pieces", 2)
    kept = lead_of(tenant, lead)
    assert done["completedAt"] == shown(full, lead)["lastActivityAt"]
    assert kept.last_activity_at == kept.first_contacted_at
    action, changes = history_of(tenant, activity["id"])[-1]
    assert action == "completed"
    assert changes == {
        "status": ["planned", "completed"], "outcome": ["", "Wants 20 pieces"],
        "completedAt": [None, done["completedAt"]],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "contacted"),
    [
        ("call", True),
        ("email", True),
        ("meeting", True),
        ("whatsapp", True),
        ("task", False),
        ("note", False),
    ],
)
def test_what_counts_as_a_contact(full, tenant, lead, kind, contacted):
    change(full, plan(full, lead, type=kind), status="completed")
    kept = lead_of(tenant, lead)
    assert kept.last_activity_at is not None
    assert (kept.first_contacted_at is not None) is contacted


def test_the_first_contact_stays_the_first(full, tenant, lead):
    change(full, plan(full, lead), status="completed")
    first = lead_of(tenant, lead).first_contacted_at
    change(full, plan(full, lead, type="meeting"), status="completed")
    kept = lead_of(tenant, lead)
    assert kept.first_contacted_at == first < kept.last_activity_at


def test_a_note_is_done_as_it_is_written(full, tenant, lead):
    note = plan(full, lead, type="note", subject="", description="Has three shops", scheduledAt=None)
    assert note["status"] == "completed"
    assert shown(full, lead)["lastActivityAt"] == note["completedAt"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"type": None}, ("type", "null")),
        ({"type": "visit"}, ("type", "invalid_choice")),
        ({"subject": "", "description": ""}, ("subject", "required")),
        ({"subject": "x" * 201}, ("subject", "max_length")),
        ({"scheduledAt": None}, ("scheduledAt", "required")),
        ({"scheduledAt": "tomorrow"}, ("scheduledAt", "invalid")),
        ({"scheduledAt": "0001-01-01T00:00:00Z"}, ("scheduledAt", "out_of_range")),
        ({"scheduledAt": "9999-12-31T23:59:59Z"}, ("scheduledAt", "out_of_range")),
        ({"durationMinutes": 0}, ("durationMinutes", "min_value")),
        ({"durationMinutes": 10081}, ("durationMinutes", "max_value")),
        ({"reminderMinutes": -1}, ("reminderMinutes", "min_value")),
        ({"reminderMinutes": 10**9}, ("reminderMinutes", "max_value")),
        ({"type": "task", "scheduledAt": None, "reminderMinutes": 5}, ("reminderMinutes", "invalid")),
        ({"assignedToId": str(new_id())}, ("assignedToId", "does_not_exist")),
        ({"when": "soon"}, ("when", "unknown_field")),
    ],
)
def test_what_cannot_be_planned(full, tenant, lead, values, expected):
    body = {"type": "call", "subject": "Ask", "scheduledAt": instant(1)} | values
    assert field_errors(full.post(f"/leads/{lead['id']}/activities", body)) == {expected}
    with tenant_context(tenant):
        assert not LeadActivity.objects.exists()


def test_an_outcome_is_of_something_completed(full, lead):
    activity = plan(full, lead)
    refused = full.patch(f"/leads/{lead['id']}/activities/{activity['id']}", {"outcome": "Good"})
    assert field_errors(refused) == {("outcome", "not_completed")}


@pytest.mark.parametrize("end", ["completed", "cancelled"])
@pytest.mark.parametrize(
    "values",
    [
        {"status": "planned"},
        {"scheduledAt": "2098-01-01T00:00:00Z"},
        {"durationMinutes": 3},
        {"reminderMinutes": 3},
    ],
)
def test_what_is_over_stays_so(full, tenant, lead, end, values):
    activity = change(full, plan(full, lead), status=end)
    refused = change(full, activity, 409, **values)
    assert (refused["code"], refused["state"]) == ("invalid_transition", end)
    other_end = {"completed": "cancelled", "cancelled": "completed"}[end]
    assert change(full, activity, 409, status=other_end)["code"] == "invalid_transition"
    assert len(history_of(tenant, activity["id"])) == 2


def test_the_words_of_a_completed_one_may_change(full, lead):
    activity = change(full, plan(full, lead), status="completed", outcome="Maybe")
    assert change(full, activity, outcome="Yes", subject="Asked")["outcome"] == "Yes"
    assert change(full, activity, status="completed")["version"] == 3, "the same again changes nothing"
    cancelled = change(full, plan(full, lead), status="cancelled")
    assert change(full, cancelled, 409, subject="Other")["code"] == "invalid_transition"


def test_what_was_read_may_be_sent_back(full, lead):
    activity = plan(full, lead)
    assert change(full, activity, **activity) == activity


def test_if_match_speaks_of_the_activity(full, lead):
    activity = plan(full, lead)
    full.patch(f"/leads/{lead['id']}", {"city": "Pune"})  # the lead is at version 2 now
    path = f"/leads/{lead['id']}/activities/{activity['id']}"
    done = full.patch(path, {"subject": "Other"}, headers={"If-Match": '"1"'})
    assert (done.status_code, done["ETag"]) == (200, '"2"')
    stale = full.patch(path, {"subject": "Third"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)


def test_the_timeline_has_both_newest_first(full, tenant, lead):
    call = plan(full, lead)
    full.patch(f"/leads/{lead['id']}", {"city": "Pune"})
    note = plan(full, lead, type="note", scheduledAt=None)
    entries = timeline(full, lead)["data"]
    assert [(entry["kind"], entry["action"]) for entry in entries] == [
        ("activity", "completed"), ("system", "updated"), ("activity", "planned"), ("system", "created"),
    ]  # fmt: skip
    assert entries[0]["activity"] == note
    assert entries[2]["activity"] == call
    assert entries[1]["changes"] == {"city": ["", "Pune"]}
    assert "activity" not in entries[1]
    assert {entry["actor"]["id"] for entry in entries} == {str(full.seat.id)}


def test_a_cursor_walks_the_timeline(full, lead):
    for number in range(4):
        plan(full, lead, subject=f"call {number}")
        full.patch(f"/leads/{lead['id']}", {"city": f"City {number}"})
    whole = timeline(full, lead)["data"]
    seen, cursor = [], ""
    while cursor is not None:
        page = timeline(full, lead, "limit=2" + (f"&cursor={cursor}" if cursor else ""))
        seen += page["data"]
        cursor = page["pagination"]["nextCursor"]
    assert seen == whole
    assert len(seen) == 9


def test_a_timeline_costs_the_same_for_one_entry_and_for_many(full, tenant, lead, queries):
    counts = []
    for _ in range(2):
        for _ in range(5):
            colleague = make_seat(tenant)
            plan(full, lead, assignedToId=str(colleague.id))
            Client(colleague).patch(f"/leads/{lead['id']}", {"city": str(new_id())})
        with queries() as seen:
            timeline(full, lead, "limit=100")
        counts.append(len(seen))
    assert counts == [6, 6]  # who, the lead, its history, its activities, two kinds of names


def test_whoever_does_not_see_the_lead_sees_no_activity(member, full, tenant, lead):
    activity = plan(full, lead)
    own = member(leads=EVERYTHING, scope="own")
    path = f"/leads/{lead['id']}/activities"
    before = history_of(tenant, activity["id"])
    for response in (
        own.get(path),
        own.post(path, {"type": "task", "subject": "x"}),
        own.patch(f"{path}/{activity['id']}", {"subject": "x"}),
    ):
        assert response.status_code == 404
    assert history_of(tenant, activity["id"]) == before
    with tenant_context(tenant):
        assert LeadActivity.objects.count() == 1


def test_an_activity_is_reached_through_its_own_lead(full, lead):
    activity, other = plan(full, lead), make(full)
    for identifier in (activity["id"], new_id(), "x"):
        path = f"/leads/{other['id']}/activities/{identifier}"
        assert full.patch(path, {"subject": "x"}).status_code == 404


def test_it_takes_can_edit(member, lead, tenant):
    viewer = member(leads=["view"])
    path = f"/leads/{lead['id']}/activities"
    assert viewer.get(path).status_code == 200
    refused = viewer.post(path, {"type": "task", "subject": "x"})
    assert (refused.status_code, refused.json()["action"]) == (403, "canEdit")


def test_an_activity_goes_to_somebody_who_sees_the_lead(member, full, tenant, lead):
    path = f"/leads/{lead['id']}/activities"
    body = {"type": "call", "subject": "Ask", "scheduledAt": instant(1)}
    for blind in (
        make_seat(tenant, permissions=grants("own", leads=["view"])),
        make_seat(tenant, permissions=grants("all", customers=["view"])),
    ):
        refused = full.post(path, body | {"assignedToId": str(blind.id)})
        assert field_errors(refused) == {("assignedToId", "cannot_see_lead")}
    owner = make_seat(tenant, permissions=grants("own", leads=["view"]))
    full.patch(f"/leads/{lead['id']}", {"assignedToId": str(owner.id)})
    activity = plan(full, lead, assignedToId=str(owner.id))
    assert activity["assignedTo"]["id"] == str(owner.id)
    refused = full.patch(f"{path}/{activity['id']}", {"assignedToId": str(blind.id)})
    assert field_errors(refused) == {("assignedToId", "cannot_see_lead")}


def test_a_deleted_lead_takes_its_activities_along(full, tenant, lead):
    activity = plan(full, lead)
    assert full.delete(f"/leads/{lead['id']}").status_code == 204
    with tenant_context(tenant):
        assert not LeadActivity.objects.exists()
    assert history_of(tenant, activity["id"]) == [("created", {})]


def test_an_import_is_not_taken_back_where_something_is_planned(member, tenant):
    admin = member("admin")
    rows = [{"firstName": name, "email": f"{name}@example.com"} for name in ("one", "two", "three")]
    batch = admin.post("/leads/import/rows", {"rows": rows}).json()
    two = admin.get("/leads?search=two@").json()["data"][0]
    plan(admin, two)
    undone = admin.post(f"/imports/{batch['id']}/undo").json()
    assert (undone["removed"], undone["kept"]) == (2, 1)
    assert [one["firstName"] for one in admin.get("/leads").json()["data"]] == ["two"]


def test_a_leavers_planned_activities_go_to_the_successor(member, full, tenant, lead):
    admin, leaver, heir = member("admin"), make_seat(tenant), make_seat(tenant)
    other = make(full)
    planned = plan(full, lead, assignedToId=str(leaver.id))
    done = change(full, plan(full, other, assignedToId=str(leaver.id)), status="completed")
    mine = plan(full, lead)
    assert admin.delete(f"/users/{leaver.id}?reassignTo={heir.id}").status_code == 204
    with tenant_context(tenant):
        now = dict(LeadActivity.objects.values_list("id", "assigned_to_id"))
    assert {str(key): str(value) for key, value in now.items()} == {
        planned["id"]: str(heir.id), done["id"]: str(leaver.id), mine["id"]: str(full.seat.id),
    }  # fmt: skip
    assert history_of(tenant, planned["id"])[-1] == (
        "updated", {"assignedToId": [str(leaver.id), str(heir.id)]},
    )  # fmt: skip


def test_an_overdue_one_is_found_among_overdue_leads(full, lead):
    plan(full, lead, scheduledAt=instant(-2))
    make(full)
    found = full.get("/leads?followUp=overdue").json()["data"]
    assert [one["id"] for one in found] == [lead["id"]]


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"status": "completed"}, "lead_activity_status"),
        ({"completed_at": timezone.now()}, "lead_activity_status"),
        ({"scheduled_at": None}, "lead_activity_has_time"),
        ({"type": "visit"}, "lead_activity_type"),
    ],
)
def test_bad_states_cannot_be_stored(tenant, full, lead, columns, constraint):
    activity = plan(full, lead)
    with tenant_context(tenant), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        LeadActivity.objects.filter(pk=activity["id"]).update(**columns)
