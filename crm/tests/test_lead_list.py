"""GET /leads, /leads/:id and /leads/export: filters, search, order, scope, cost."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import Lead, LeadStatus
from crm.normal import place_on_top
from crm.tests.leads import listed, make, source_id, status_id
from nextgenerp.core.tenancy import start_of_day, tenant_context, tenant_today
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat


def change(tenant, lead, **columns):
    with tenant_context(tenant):
        Lead.objects.filter(id=lead["id"]).update(**columns)


def test_rows_are_what_one_lead_is(member, tenant):
    caller = member(leads=["create", "view"])
    tags = [caller.post("/leads/meta/tags", {"name": name}).json()["id"] for name in ("b", "A")]
    colleague = make_seat(tenant, first_name="Demo", last_name="Colleague")
    full = make(
        caller, company="Demo Traders", sourceId=source_id(tenant), tagIds=tags, rating="hot", estimatedValue="1.50",
        expectedCloseDate="2026-12-31", nextFollowUpAt="2026-12-01T10:00:00Z", assignedToId=str(colleague.id),
    )  # fmt: skip
    bare = make(caller, assignedToId=None)
    data = caller.get("/leads").json()["data"]
    assert [lead["id"] for lead in data] == [bare["id"], full["id"]]
    assert [tag["name"] for tag in data[1]["tags"]] == ["A", "b"]
    for row in data:
        answer = caller.get(f"/leads/{row['id']}")
        assert answer.json() == row
        assert answer["ETag"] == '"1"'
    assert [lead["company"] for lead in data] == [None, "Demo Traders"]


FILTERS = [
    ("statusId={won}", ["b"]),
    ("statusId={won},{new}", ["a", "b", "c"]),
    ("statusId=nothing", []),
    ("sourceId={source}", ["a"]),
    ("assignedTo=me", ["a"]),
    ("assignedTo=unassigned", ["b"]),
    ("assignedTo={colleague}", ["c"]),
    ("assignedTo=me,unassigned", ["a", "b"]),
    ("assignedTo=nobody", []),
    ("tagIds={tag}", ["a", "b"]),
    ("tagIds={other},{tag}", ["a", "b", "c"]),
    ("tagIds=x", []),
    ("priority=urgent", ["c"]),
    ("priority=urgent,low", ["b", "c"]),
    ("rating=hot", ["a"]),
    ("company=demo%20TRADERS", ["a"]),
    ("company=demo", []),
    ("city=PUNE", ["b"]),
    ("followUp=overdue", ["a"]),
    ("followUp=today", ["b"]),
    ("followUp=week", ["b", "c"]),
    ("followUp=none", ["d"]),
    ("followUp=none,overdue", ["a", "d"]),
    ("converted=true", ["d"]),
    ("converted=false", ["a", "b", "c"]),
    ("createdFrom={today}", ["a", "b", "c"]),
    ("createdTo={yesterday}", ["d"]),
    ("createdFrom={yesterday}&createdTo={yesterday}", ["d"]),
    ("priority=low&city=pune", ["b"]),
    ("priority=low&city=delhi", []),
]


@pytest.fixture
def four(member, tenant):
    """Four leads that differ in all that is filtered by, and what addresses need."""
    caller = member(leads=["create", "view"])
    colleague = make_seat(tenant)
    with tenant_context(tenant):
        today = tenant_today()
        midnight = start_of_day(today)
    tag, other = (caller.post("/leads/meta/tags", {"name": name}).json()["id"] for name in ("One", "Two"))
    won, new, source = status_id(tenant, "Won"), status_id(tenant, "New"), source_id(tenant)
    make(caller, lastName="a", sourceId=source, tagIds=[tag], rating="hot", company="Demo Traders")
    make(caller, lastName="b", statusId=won, tagIds=[tag], priority="low", city="Pune", assignedToId=None)
    make(
        caller,
        lastName="c",
        priority="urgent",
        tagIds=[other],
        assignedToId=str(colleague.id),
        company="Demo Two",
    )
    last = make(
        caller, lastName="d", assignedToId=str(make_seat(tenant).id), statusId=status_id(tenant, "Contacted")
    )
    change(tenant, last, converted_at=timezone.now(), created_at=midnight - timedelta(minutes=1))
    with tenant_context(tenant):
        for name, moment in (
            ("a", midnight - timedelta(days=1)),
            ("b", midnight + timedelta(days=1, minutes=-1)),
            ("c", midnight + timedelta(days=6)),
        ):
            Lead.objects.filter(last_name=name).update(next_follow_up_at=moment)
    return caller, {
        "won": won, "new": new, "source": source, "colleague": colleague.id, "tag": tag, "other": other,
        "today": today, "yesterday": today - timedelta(days=1),
    }  # fmt: skip


def test_filters(four):
    caller, known = four
    for query, expected in FILTERS:
        names = listed(caller, query.format(**known) + "&sortBy=name&sortOrder=asc")
        assert names == expected, query
        page = caller.get(f"/leads?{query.format(**known)}").json()["pagination"]
        assert page["total"] == len(expected), query


WRONG = [
    "priority=huge", "rating=none", "followUp=never", "converted=maybe", "createdFrom=01/02/2026", "limit=0",
    "limit=101", "sortBy=email", "sortOrder=up", "cursor=x", "stage=won",
]  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_wrong_parameters_are_refused(member, query):
    assert member(leads=["view"]).get(f"/leads?{query}").status_code == 400


SEARCHES = [
    ("asha", ["asha"]),
    ("SHA DEM", ["asha"]),
    ("traders", ["asha"]),
    ("aders pvt", ["asha"]),
    ("shop@examp", ["asha"]),
    ("shop@example.com", ["asha"]),
    ("98765 43210", ["asha"]),
    ("098765-43210", ["asha"]),
    ("+91 98765", ["asha"]),
    ("43211", ["asha"]),  # the alternate number
    ("demo 77", ["ravi"]),
    ("mo 7777", ["ravi"]),
    ("7777", ["ravi"]),
    ("नेहा", ["neha"]),
    ("हा श", ["neha"]),
    ("श", ["neha"]),
    ("as", ["asha"]),
    ("ha", []),  # short terms are looked for where words begin
    ("ha d", ["asha"]),
    ("i d", []),
    ("7.", []),
    ("r", ["ravi"]),
    ("100%", ["percent"]),
    ("%", []),
    ("___", []),
    ("a_b", ["percent"]),
    ("aab", []),
    ("asha traders", []),  # a match does not reach from one part into the next
    ("Ａsha", ["asha"]),
    ("o'b", ["percent"]),
    ("nobody", []),
    ("\\", []),
]


@pytest.fixture
def searchable(member):
    caller = member(leads=["create", "view"])
    make(
        caller, firstName="Asha", lastName="Demo", company="Demo Traders Pvt", email="shop@example.com",
        phone="9876543210", alternatePhone="9876543211",
    )  # fmt: skip
    make(caller, firstName="Ravi", lastName="Demo 7777", email="x1@example.org", phone="")
    make(caller, firstName="नेहा", lastName="शर्मा", email="x2@example.org")
    make(caller, firstName="100% o'Brien", lastName="a_b", email="x3@example.org")
    return caller


def test_search(searchable):
    short = {"Asha": "asha", "Ravi": "ravi", "नेहा": "neha", "100% o'Brien": "percent"}
    for text, expected in SEARCHES:
        found = searchable.get(f"/leads?search={quote(text)}").json()["data"]
        assert [short[lead["firstName"]] for lead in found] == expected, text


def test_search_follows_changes(searchable):
    caller = Client(make_seat(searchable.seat.tenant, "admin"))
    lead = caller.get("/leads?search=asha").json()["data"][0]
    caller.patch(f"/leads/{lead['id']}", {"firstName": "Meena", "phone": "", "company": "Other Demo"})
    assert [listed(caller, f"search={text}") for text in ("asha", "43210", "traders")] == [[], [], []]
    assert [listed(caller, f"search={text}") for text in ("meena", "other")] == [["Demo"], ["Demo"]]


def test_order_of_names_is_that_of_their_normal_form(member):
    caller = member(leads=["create", "view"])
    for name in ("beta", "Alpha", "ÉCLAIR", "alpha 2", "नमूना"):
        make(caller, firstName="", lastName=name)
    make(caller, firstName="", lastName="", company="Gamma Demo")
    ordered = ["Alpha", "alpha 2", "beta", "", "ÉCLAIR", "नमूना"]
    assert listed(caller, "sortBy=name&sortOrder=asc") == ordered
    assert listed(caller, "sortBy=name&sortOrder=desc") == ordered[::-1]


COLUMNS = {
    "createdAt": "created_at", "updatedAt": "updated_at", "name": "name_key", "estimatedValue": "estimated_value",
    "nextFollowUpAt": "next_follow_up_at", "lastActivityAt": "last_activity_at",
}  # fmt: skip
NOW = timezone.now().replace(microsecond=0)
moments = st.integers(0, 3).map(lambda day: NOW - timedelta(days=day))
sortable = st.fixed_dictionaries(
    {
        "created_at": moments,
        "updated_at": moments,
        "name_key": st.sampled_from(["a", "b", "ü", "न"]),
        "estimated_value": st.none() | st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(5)]),
        "next_follow_up_at": st.none() | moments,
        "last_activity_at": st.none() | moments,
    }
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=st.lists(sortable, max_size=10), limit=st.integers(2, 6))
def test_cursors_and_pages_walk_the_sorted_list(member, tenant, columns, limit):
    """For every sort field, both ways, with empty values and ties: nothing twice, nothing left out."""
    caller = member(leads=["view"])
    with tenant_context(tenant):
        Lead.objects.all().delete()
        status = LeadStatus.objects.first()
        leads = [
            Lead(
                lead_number=f"X-{n}",
                first_name="Demo",
                email="a@example.com",
                status=status,
                search_text=" demo\n",
            )
            for n in range(len(columns))
        ]
        for lead, values in zip(leads, columns, strict=True):
            for name, value in values.items():
                setattr(lead, name, value)
        moments = {lead.id: (lead.created_at, lead.updated_at) for lead in leads}
        Lead.objects.bulk_create(leads)
        for lead in leads:
            lead.created_at, lead.updated_at = moments[lead.id]
        Lead.objects.bulk_update(leads, ["created_at", "updated_at"])
    for spoken, column in COLUMNS.items():
        for direction in ("asc", "desc"):
            expected = [str(lead.id) for lead in sorted_leads(leads, column, descending=direction == "desc")]
            query = f"sortBy={spoken}&sortOrder={direction}&limit={limit}&followUp=none,overdue,week"
            assert walk(caller, query) == expected, query
            assert turn(caller, query, len(leads)) == expected, query


def sorted_leads(leads, column, *, descending):
    """Those with a value by value and id, then those without one by id."""
    valued = [lead for lead in leads if getattr(lead, column) is not None]
    empty = [lead for lead in leads if getattr(lead, column) is None]
    return sorted(valued, key=lambda lead: (getattr(lead, column), lead.id), reverse=descending) + sorted(
        empty, key=lambda lead: lead.id, reverse=descending
    )


def walk(caller, query):
    """The ids of a list by its cursors."""
    page = caller.get(f"/leads?{query}").json()
    ids = [lead["id"] for lead in page["data"]]
    while page["pagination"]["nextCursor"]:
        page = caller.get(f"/leads?{query}&cursor={page['pagination']['nextCursor']}").json()
        assert (page["pagination"]["total"], page["pagination"]["page"]) == (None, None)
        ids += [lead["id"] for lead in page["data"]]
    return ids


def turn(caller, query, total):
    """The ids of a list by its pages, and one page past them."""
    first = caller.get(f"/leads?{query}").json()["pagination"]
    assert first["total"] == total
    pages = [caller.get(f"/leads?{query}&page={n}").json()["data"] for n in range(1, first["totalPages"] + 2)]
    assert pages[-1] == [] or total == 0
    return [lead["id"] for page in pages for lead in page]


def test_scope(member, tenant):
    """own: assigned to or created by the seat; all: everybody's and nobody's. One answer for what is hidden."""
    boss = member(leads=["create", "view"])
    rep = member(leads=["view", "create", "edit", "delete", "export"], scope="own")
    mine = make(boss, lastName="given", assignedToId=str(rep.seat.id))
    make(rep, lastName="made", assignedToId=None)
    hidden = make(boss, lastName="hidden", email="hidden@example.com")
    assert sorted(listed(rep)) == ["given", "made"]
    assert sorted(listed(boss)) == ["given", "hidden", "made"]
    assert listed(rep, "search=hidden") == []
    assert rep.get("/leads").json()["pagination"]["total"] == 2
    assert rep.get(f"/leads/{mine['id']}").status_code == 200
    for call in (rep.get, rep.delete):
        assert call(f"/leads/{hidden['id']}").status_code == 404
    assert rep.patch(f"/leads/{hidden['id']}", {"city": "Pune"}).status_code == 404
    assert boss.get(f"/leads/{hidden['id']}").json() == {
        name: value for name, value in hidden.items() if not name.startswith("duplicates")
    }
    counts = {one["name"]: one["leadCount"] for one in rep.get("/leads/meta/statuses").json()["data"]}
    assert counts["New"] == 2
    assert "hidden" not in b"".join(rep.get("/leads/export").streaming_content).decode()


def test_another_tenants_lead_is_not_there(member, other_tenant):
    foreign = make(member("admin", tenant=other_tenant), lastName="Foreign")
    caller = member("admin")
    make(caller, lastName="own")
    for identifier in (foreign["id"], "01890000-0000-7000-8000-000000000000", "x", "1"):
        path = f"/leads/{identifier}"
        answers = [caller.get(path), caller.patch(path, {"city": "x"}), caller.delete(path)]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "not_found")] * 3
    for query in ("statusId={statusId}", "assignedTo={createdById}", "search=Foreign"):
        assert listed(caller, query.format(**foreign)) == []
    assert listed(member("admin", tenant=other_tenant)) == ["Foreign"]


@pytest.mark.parametrize("number", [1, 20])
def test_queries(member, tenant, queries, number):
    """Authentication, rows, total where it is not known, tags, names; the same for one lead and twenty."""
    caller = member(leads=["create", "view"])
    tag = caller.post("/leads/meta/tags", {"name": "Counted"}).json()["id"]
    for _ in range(number):
        lead = make(caller, company="Demo Traders", tagIds=[tag])
    counts = {}
    for path in (
        "/leads", "/leads?limit=1&page=2", "/leads?limit=1&page=2&search=demo&sortBy=name",
        "/leads?sortBy=estimatedValue&sortOrder=desc", f"/leads/{lead['id']}",
        "/leads/meta/statuses", "/leads/meta/sources",
    ):  # fmt: skip
        with queries() as seen:
            assert caller.get(path).status_code == 200
        counts[path] = len(seen)
    missing = number == 1  # a page past the end has no tags and no names to look up
    assert list(counts.values()) == [4, 3 if missing else 5, 3 if missing else 5, 5, 3, 3, 2]


def test_export(member, tenant):
    caller = member(leads=["create", "export", "view"])
    tags = [caller.post("/leads/meta/tags", {"name": name}).json()["id"] for name in ("b", "A")]
    make(
        caller, firstName="=1+1", lastName="Demo, \"x\"", company="Demo Traders", phone="9876543210", tagIds=tags,
        sourceId=source_id(tenant), estimatedValue="1234.5", email="asha@example.com", city="Pune",
        requirement="two\nlines",
    )  # fmt: skip
    make(caller, city="Delhi")
    response = caller.get("/leads/export?city=pune")
    with tenant_context(tenant):
        name = f'attachment; filename="leads-{tenant_today().isoformat()}.csv"'
    assert (response["Content-Type"], response["Content-Disposition"]) == ("text/csv; charset=utf-8", name)
    content = b"".join(response.streaming_content).decode()
    assert content[0] == "\ufeff"
    [row] = csv.DictReader(io.StringIO(content[1:], newline=""))
    assert {name: row[name] for name in list(row)[:-2] if row[name]} == {
        "leadNumber": "LD-00001", "firstName": "'=1+1", "lastName": 'Demo, "x"', "company": "Demo Traders",
        "email": "asha@example.com", "phone": "+919876543210", "source": "Referral", "status": "New",
        "priority": "medium", "estimatedValue": "1234.50", "city": "Pune", "requirement": "two\nlines",
        "tags": "A; b", "assignedTo": caller.seat.user.email,
    }  # fmt: skip
    assert member(leads=["view"]).get("/leads/export").json()["action"] == "canExport"
    assert caller.get("/leads/export?limit=1").status_code == 400


def test_places_fall_and_leave_room():
    places = [place_on_top() for _ in range(1000)]
    assert sorted({place[:9] for place in places}, reverse=True) == list(
        dict.fromkeys(place[:9] for place in places)
    )
    assert all(len(place) == 11 and place[-1] != "0" for place in places)
