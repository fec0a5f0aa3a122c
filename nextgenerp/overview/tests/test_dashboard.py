"""GET /dashboard/stats: every figure as a plain recount of the records gives it, in the tenant's zone and the caller's
scope."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Tenant
from crm.models import Customer, Deal, Lead, LeadStatus
from crm.tests.customers import make_customer, make_deal
from crm.tests.leads import EVERYTHING, make, status_id
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.overview import recent, statistics
from nextgenerp.overview.dashboard import BLOCKS, Block
from nextgenerp.testing.factories import make_seat

STATS = "/dashboard/stats"
ZERO = Decimal("0.00")
# The blocks of modules the client here has no grant of.
OTHERS = [name for name, block in BLOCKS.items() if block.module != "Leads"]
STAGES = ["prospecting", "qualification", "proposal", "negotiation", "won", "lost"]


@pytest.fixture
def client(member):
    return member(dashboard=["view"], leads=EVERYTHING, customers=EVERYTHING)


def stats(client, **period):
    query = "&".join(f"{name}={value}" for name, value in period.items())
    response = client.get(f"{STATS}?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def test_an_empty_month(client, tenant):
    with tenant_context(tenant):
        today = timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()
        statuses = list(LeadStatus.objects.all())
    body = stats(client)
    assert (body["from"], body["hidden"], body["recentActivities"]) == (str(today.replace(day=1)), OTHERS, [])
    assert date.fromisoformat(body["to"]) + timedelta(days=1) == (
        today.replace(day=1) + timedelta(days=32)
    ).replace(day=1)
    assert body["leads"] == {
        "count": 0, "value": "0.00", "overdueFollowUps": 0,
        "byStatus": [
            {
                "statusId": str(one.id), "name": one.name, "type": one.type, "color": one.color, "count": 0,
                "value": "0.00",
            }
            for one in statuses
        ],
    }  # fmt: skip
    assert body["deals"] == {
        "count": 0, "value": "0.00", "weightedValue": "0.00",
        "byStage": [{"stage": stage, "count": 0, "value": "0.00", "weightedValue": "0.00"} for stage in STAGES],
    }  # fmt: skip
    assert len(body["trend"]) == int(body["to"][-2:])
    assert {(one["leads"], one["deals"]) for one in body["trend"]} == {(0, 0)}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-02-30", "from"), ("from=1/2/2026", "from"), ("to=tomorrow", "to"), ("from=0001-01-01", "from"),
        ("to=9999-12-31", "to"), ("from=2026-02-02&to=2026-02-01", "to"), ("from=2025-01-01&to=2026-01-02", "to"),
        ("since=2026-01-01", "since"),
    ],
)  # fmt: skip
def test_a_wrong_period_is_refused(client, query, field):
    response = client.get(f"{STATS}?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_year_is_the_most(client):
    assert len(stats(client, **{"from": "2024-01-01", "to": "2024-12-31"})["trend"]) == 366


# --- a plain recount

ZONES = ["Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "UTC"]
# Instants around the ends of days, months and years of every zone, and of the hour New York repeats.
EDGES = [
    datetime(*day, hour, minute, second, tzinfo=UTC)
    for day in ((2026, 2, 28), (2026, 3, 1), (2025, 12, 31), (2026, 1, 1), (2026, 3, 8), (2026, 11, 1))
    for hour in (0, 4, 5, 6, 9, 10, 13, 18, 23)
    for minute, second in ((0, 0), (29, 59), (30, 0), (59, 59))
]
instants = st.sampled_from(EDGES)
money = st.none() | st.decimals(0, 99999, places=2)
drawn_leads = st.lists(
    st.tuples(
        instants, st.integers(0, 6), money, st.integers(0, 3), st.sampled_from([-1, 1, None]), st.booleans()
    ),
    max_size=12,
)
drawn_deals = st.lists(
    st.tuples(instants, st.sampled_from(STAGES), st.decimals(0, 99999, places=2), st.integers(0, 3)),
    max_size=12,
)
periods = st.tuples(
    st.sampled_from(
        [date(2026, 2, 28), date(2026, 3, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 11, 1)]
    ),
    st.sampled_from([0, 1, 30, 365]),
)


def store(leads, deals, seats):
    """Records as drawn: the last owner is nobody."""
    owners = [*(seat.id for seat in seats), None]
    statuses = list(LeadStatus.objects.all())
    Lead.objects.all().delete()
    Deal.objects.all().delete()
    customer = Customer.objects.get_or_create(code="X", defaults={"number": 1, "name": "Demo"})[0]
    made = []
    for number, (at, status, value, owner, follow_up, converted) in enumerate(leads):
        status = statuses[status]
        lead = Lead.objects.create(
            lead_number=f"X{number}", first_name="Demo", email="demo@example.com", status=status, estimated_value=value,
            assigned_to_id=owners[owner], lost_reason="x" if status.type == "lost" else "",
            converted_at=timezone.now() if converted else None,
            next_follow_up_at=follow_up and timezone.now() + timedelta(hours=follow_up),
        )  # fmt: skip
        Lead.objects.filter(id=lead.id).update(created_at=at)
        made.append(
            (at, status, value or ZERO, owner, follow_up == -1 and status.type == "open" and not converted)
        )
    for at, stage, value, owner in deals:
        closed = {"actual_close_date": at.date()} if stage in {"won", "lost"} else {}
        deal = Deal(
            title="Demo", customer=customer, stage=stage, value=value, owner_id=owners[owner],
            probability={"won": 100, "lost": 0}.get(stage, 33), lost_reason="x" if stage == "lost" else "", **closed,
        )  # fmt: skip
        deal.derive()
        deal.save()
        Deal.objects.filter(id=deal.id).update(created_at=at)
    return made, statuses


def recount(leads, deals, statuses, zone, days, seen):
    """The answer by going through all records one after the other."""

    def day(at):
        return at.astimezone(ZoneInfo(zone)).date()

    own = [one for one in leads if one[3] in seen]
    made = [one for one in own if day(one[0]) in days]
    sold = [
        (
            day(at),
            stage,
            value,
            (value * {"won": 100, "lost": 0}.get(stage, 33) / 100).quantize(ZERO, "ROUND_HALF_UP"),
        )
        for at, stage, value, owner in deals
        if owner in seen and day(at) in days
    ]
    return {
        "leads": {
            "count": len(made), "value": str(sum((one[2] for one in made), ZERO)),
            "byStatus": [
                (one.name, sum(it[1] == one for it in made), str(sum((it[2] for it in made if it[1] == one), ZERO)))
                for one in statuses
            ],
            "overdueFollowUps": sum(one[4] for one in own),
        },
        "deals": {
            "count": len(sold), "value": str(sum((one[2] for one in sold), ZERO)),
            "weightedValue": str(sum((one[3] for one in sold), ZERO)),
            "byStage": [
                {
                    "stage": stage, "count": sum(one[1] == stage for one in sold),
                    "value": str(sum((one[2] for one in sold if one[1] == stage), ZERO)),
                    "weightedValue": str(sum((one[3] for one in sold if one[1] == stage), ZERO)),
                }
                for stage in STAGES
            ],
        },
        "trend": [
            {
                "date": str(one), "leads": sum(day(lead[0]) == one for lead in made),
                "deals": sum(deal[0] == one for deal in sold),
            }
            for one in days
        ],
    }  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(leads=drawn_leads, deals=drawn_deals, period=periods, zone=st.sampled_from(ZONES))
def test_it_is_what_a_plain_recount_gives(tenant, member, leads, deals, period, zone):
    """In every zone, at the ends of days, months and years, for who sees all and for who sees their own."""
    first, length = period
    days = [first + timedelta(days=number) for number in range(length + 1)]
    Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
    everybody = member(dashboard=["view"], leads=["view"])
    own = member(scope="own", dashboard=["view"], leads=["view"])
    team = member(scope="team", dashboard=["view"], leads=["view"])
    below = make_seat(tenant, manager=team.seat)
    with tenant_context(tenant):
        made, statuses = store(leads, deals, [own.seat, team.seat, below])
    for client, seen in ((everybody, {0, 1, 2, 3}), (own, {0}), (team, {1, 2})):
        body = stats(client, **{"from": days[0], "to": days[-1]})
        body["leads"]["byStatus"] = [
            (one["name"], one["count"], one["value"]) for one in body["leads"]["byStatus"]
        ]
        expected = recount(made, deals, statuses, zone, days, seen)
        assert {name: body[name] for name in expected} == expected


# --- who sees what


def test_blocks_one_may_not_view_are_hidden(client, member, tenant):
    make(client)
    make_customer(client)
    body = stats(member(dashboard=["view"]))
    assert (body["hidden"], body["recentActivities"]) == (list(BLOCKS), [])
    assert not set(BLOCKS) & set(body)
    assert set(body["trend"][0]) == {"date"}
    response = member(leads=["view"]).get(STATS)
    assert (response.status_code, response.json()["module"]) == (403, "Dashboard")


def test_a_block_of_a_feature_the_plan_lacks_is_hidden(client, monkeypatch):
    monkeypatch.setitem(BLOCKS, "more", Block("Leads", lambda period, actor: ({"count": 7}, {}), "inventory"))
    body = stats(client)
    assert (body["more"], body["hidden"], body["trend"][0]["more"]) == ({"count": 7}, OTHERS, 0)
    monkeypatch.setattr(
        entitlements, "_provider", lambda tenant: Entitlements({}, disabled_features=frozenset({"inventory"}))
    )
    assert stats(client)["hidden"] == [*OTHERS, "more"]


def seen_by(client):
    return [(one["kind"], one["name"], one["action"]) for one in stats(client)["recentActivities"]]


def test_recent_activities(client, member, tenant):
    lead = make(client, firstName="Asha", lastName="")
    customer = make_customer(client, name="Demo Works")
    deal = make_deal(client, title="Looms", customerId=customer["id"])
    client.patch(f"/leads/{lead['id']}", {"city": "Pune"})
    planned = client.post(
        f"/leads/{lead['id']}/activities",
        {"type": "call", "scheduledAt": "2027-01-01T10:00:00Z", "subject": "Ask"},
    )
    assert planned.status_code == 201
    gone = make_deal(client, customerId=customer["id"])
    client.delete(f"/deals/{gone['id']}")
    shown = [
        ("deal", None, "deleted"), ("deal", None, "created"), ("activity", "Ask", "created"),
        ("lead", "Asha", "updated"),
        ("deal", "Looms", "created"), ("customer", "Demo Works", "created"), ("lead", "Asha", "created"),
    ]  # fmt: skip
    assert seen_by(client) == shown
    first = stats(client)["recentActivities"][-1]
    assert (first["recordId"], first["actor"]["id"]) == (lead["id"], str(client.seat.id))
    assert deal["id"] in {one["recordId"] for one in stats(client)["recentActivities"]}
    for caller, kinds in (
        (member(dashboard=["view"], customers=["view"]), {"customer"}),
        (member(dashboard=["view"], leads=["view"]), {"deal", "activity", "lead"}),
        (member(scope="own", dashboard=["view"], leads=["view"], customers=["view"]), set()),
    ):
        assert seen_by(caller) == [one for one in shown if one[0] in kinds]


def test_ones_own_recent_activities(client, member):
    mine = member(scope="own", dashboard=["view"], leads=EVERYTHING, customers=EVERYTHING)
    make(client)
    lead = make(mine, firstName="Mine", lastName="")
    body = {"type": "note", "description": "Called back"}
    assert mine.post(f"/leads/{lead['id']}/activities", body).status_code == 201
    client.post(f"/leads/{make(client)['id']}/activities", body)
    assert [one[:2] for one in seen_by(mine)] == [("activity", "Note"), ("lead", "Mine")]


def test_the_latest_twenty_of_the_rows_that_are_looked_at(client, member, monkeypatch):
    mine = member(scope="own", dashboard=["view"], leads=EVERYTHING)
    make(mine, firstName="Early", lastName="")
    for _ in range(25):
        make(client)
    assert len(seen_by(client)) == 20
    assert len(seen_by(mine)) == 1
    monkeypatch.setattr(recent, "LOOKED_AT", 10)
    assert seen_by(mine) == []


def test_queries(client, queries, tenant):
    """Authentication; leads, statuses, overdue, deals, history, names of leads, customers, deals; seats."""
    make_deal(client, leadId=make(client)["id"])
    make_customer(client)
    with queries() as seen:
        stats(client)
    assert len(seen) == 10


def test_figures_of_an_organization_count_customers_and_deals(client, tenant, member):
    make_deal(client)
    with tenant_context(tenant):
        assert {name: count() for name, count in statistics.FIGURES.items() if name in {"customers", "deals"}} == {
            "customers": 1, "deals": 1,
        }  # fmt: skip


def test_overdue_follow_ups_are_those_of_open_leads(client, tenant):
    past = "2026-01-01T10:00:00Z"
    make(client, nextFollowUpAt=past)
    make(client, nextFollowUpAt="2200-01-01T10:00:00Z")
    make(client, nextFollowUpAt=past, statusId=status_id(tenant, "Lost"), lostReason="x")
    lead = make(client, nextFollowUpAt=past)
    client.post(f"/leads/{lead['id']}/convert", {})
    body = stats(client, **{"from": "2020-01-01", "to": "2020-01-02"})
    assert (body["leads"]["count"], body["leads"]["overdueFollowUps"]) == (0, 1)
