"""GET /leads/analytics: exact figures, days of the tenant's zone, the caller's scope; equal to a plain recount."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Tenant
from crm.models import Lead, LeadSource, LeadStatus
from crm.tests.activities import change, plan
from crm.tests.leads import EVERYTHING, field_errors, make, source_id, status_id
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat

KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def full(member):
    return member(leads=EVERYTHING)


@pytest.fixture
def other_seat(tenant):
    return make_seat(tenant)


def analytics(client, query=""):
    response = client.get(f"/leads/analytics?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def at(text, zone=KOLKATA):
    """An instant in a zone: ``2026-03-01 00:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def set_facts(tenant, lead, **columns):
    """Put a lead's instants elsewhere in time."""
    with tenant_context(tenant):
        Lead.objects.filter(pk=lead["id"]).update(**columns)


def test_the_figures_of_a_month(full, tenant):
    referral, me = source_id(tenant), str(full.seat.id)
    one = make(full, sourceId=referral, estimatedValue="1000.50")
    two = make(full, statusId=status_id(tenant, "Won"), estimatedValue="70")
    three = make(full, statusId=status_id(tenant, "Lost"), lostReason="x", assignedToId=None)
    old = make(full, estimatedValue="0.50", sourceId=referral)
    set_facts(tenant, one, created_at=at("2026-03-01 00:00"), first_contacted_at=at("2026-03-02 10:00"))
    set_facts(tenant, two, created_at=at("2026-03-10 12:00"), converted_at=at("2026-03-12 18:00"))
    set_facts(tenant, three, created_at=at("2026-03-31 23:59"), lost_at=at("2026-04-01 00:00"))
    set_facts(tenant, old, created_at=at("2026-02-28 23:59"), next_follow_up_at=at("2026-03-01 00:00"))
    found = analytics(full, "from=2026-03-01&to=2026-03-31&groupBy=month")
    assert found["kpis"] == {
        "total": 4, "new": 3, "contacted": 1, "converted": 1, "lost": 0, "conversionRate": "33.33",
        "averageDaysToConvert": "2.25", "pipelineValue": "1001.00", "overdueFollowUps": 1,
    }  # fmt: skip
    assert found["trend"] == [{"period": "2026-03-01", "created": 3, "converted": 1, "lost": 0}]
    assert [(step["name"], step["count"], step["percent"]) for step in found["funnel"]] == [
        ("New", 1, "33.33"), ("Contacted", 0, "0.00"), ("Qualified", 0, "0.00"), ("Proposal Sent", 0, "0.00"),
        ("Negotiation", 0, "0.00"), ("Won", 1, "33.33"), ("Lost", 1, "33.33"),
    ]  # fmt: skip
    figures = {
        "created": 1, "contacted": 1, "converted": 0, "lost": 0, "conversionRate": "0.00", "pipelineValue": "1001.00",
        "overdueFollowUps": 1,
    }  # fmt: skip
    none = {
        "created": 2, "contacted": 0, "converted": 1, "lost": 0, "conversionRate": "50.00", "pipelineValue": "0.00",
        "overdueFollowUps": 0,
    }  # fmt: skip
    assert found["bySource"] == [
        {"sourceId": referral, "name": "Referral", **figures}, {"sourceId": None, "name": None, **none},
    ]  # fmt: skip
    assert [(row["assignedToId"], row["created"], row["converted"]) for row in found["byAssignee"]] == [
        (me, 2, 1), (None, 1, 0),
    ]  # fmt: skip
    assert found["byAssignee"][0]["name"] == f"{full.seat.first_name} {full.seat.last_name}"
    april = analytics(full, "from=2026-04-01&to=2026-04-02")
    assert april["trend"] == [
        {"period": "2026-04-01", "created": 0, "converted": 0, "lost": 1},
        {"period": "2026-04-02", "created": 0, "converted": 0, "lost": 0},
    ]  # fmt: skip


def test_nothing_is_nothing(full):
    found = analytics(full, "from=2026-01-01&to=2026-01-03")
    assert found["kpis"] == {
        "total": 0, "new": 0, "contacted": 0, "converted": 0, "lost": 0, "conversionRate": "0.00",
        "averageDaysToConvert": None, "pipelineValue": "0.00", "overdueFollowUps": 0,
    }  # fmt: skip
    assert {step["percent"] for step in found["funnel"]} == {"0.00"}
    assert found["bySource"] == found["byAssignee"] == []
    assert len(found["trend"]) == 3


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("from=2026-02-27&to=2026-03-02", ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]),
        ("from=2026-03-04&to=2026-03-16&groupBy=week", ["2026-03-02", "2026-03-09", "2026-03-16"]),
        ("from=2025-12-31&to=2026-02-01&groupBy=month", ["2025-12-01", "2026-01-01", "2026-02-01"]),
        ("from=2024-02-29&to=2024-02-29&groupBy=week", ["2024-02-26"]),
    ],
)
def test_the_trend_has_every_part(full, query, parts):
    assert [part["period"] for part in analytics(full, query)["trend"]] == parts


def test_the_current_month_is_the_period_unless_given(full, tenant):
    make(full)
    found = analytics(full)
    today = datetime.now(KOLKATA).date()
    assert found["trend"][0]["period"] == str(today.replace(day=1))
    assert len({part["period"][:7] for part in found["trend"]}) == 1
    assert next(part for part in found["trend"] if part["period"] == str(today))["created"] == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("groupBy=year", ("groupBy", "invalid_choice")),
        ("from=2026-02-30", ("from", "invalid")),
        ("to=tomorrow", ("to", "invalid")),
        ("from=0001-01-01&to=0001-01-02", ("from", "invalid")),
        ("from=2026-02-02&to=2026-02-01", ("to", "out_of_range")),
        ("from=1990-01-01&to=2026-02-01", ("to", "out_of_range")),
        ("from=2020-01-01&to=2026-02-01&groupBy=day", ("groupBy", "out_of_range")),
        ("createdFrom=2026-02-01", ("createdFrom", "unknown_parameter")),
        ("page=1", ("page", "unknown_parameter")),
    ],
)
def test_what_cannot_be_asked(full, query, expected):
    assert field_errors(full.get(f"/leads/analytics?{query}")) == {expected}


def test_facts_come_from_what_happens(full, tenant):
    """Through the API alone: an activity done, a lead lost and found again."""
    first, second = make(full), make(full)
    change(full, plan(full, first), status="completed")
    change(full, plan(full, second, type="task"), status="completed")
    lost, new = status_id(tenant, "Lost"), status_id(tenant, "New")
    full.patch(f"/leads/{first['id']}", {"statusId": lost, "lostReason": "x"})
    full.patch(f"/leads/{second['id']}/status", {"statusId": lost, "lostReason": "x"})
    kpis = analytics(full)["kpis"]
    assert (kpis["new"], kpis["contacted"], kpis["lost"]) == (2, 1, 2)
    full.patch(f"/leads/{second['id']}/status", {"statusId": new})
    assert analytics(full)["kpis"]["lost"] == 1
    rows = [{"firstName": "x", "email": "x@example.com", "status": "Lost", "lostReason": "dear"}]
    assert full.post("/leads/import/rows", {"rows": rows}).json()["created"] == 1
    assert analytics(full)["kpis"]["lost"] == 2
    rows = [{"email": "x@example.com", "status": "New"}]
    full.post("/leads/import/rows", {"rows": rows, "options": {"onDuplicate": "update"}})
    assert analytics(full)["kpis"]["lost"] == 1
    assert Client(make_seat(tenant)).post(f"/leads/{second['id']}/convert", {}).status_code == 200
    kpis = analytics(full)["kpis"]
    assert (kpis["converted"], kpis["conversionRate"], kpis["averageDaysToConvert"]) == (1, "33.33", "0.00")


def test_the_scope_holds_in_every_figure(member, full, tenant):
    make(full, estimatedValue=100)
    own = member(leads=EVERYTHING, scope="own")
    make(own, estimatedValue=1)
    found = analytics(own)
    assert (found["kpis"]["total"], found["kpis"]["new"], found["kpis"]["pipelineValue"]) == (1, 1, "1.00")
    assert sum(part["created"] for part in found["trend"]) == 1
    assert [row["assignedToId"] for row in found["byAssignee"]] == [str(own.seat.id)]


def test_filters_narrow_every_figure(full, tenant):
    make(full, city="Pune", priority="high", company="Demo Traders")
    make(full, city="Kochi")
    for query in ("city=pune", "priority=high", "company=demo%20traders", "search=demo traders"):
        found = analytics(full, query)
        assert (found["kpis"]["total"], sum(part["created"] for part in found["trend"])) == (1, 1), query
    assert analytics(full, f"sourceId={new_id()}")["kpis"]["total"] == 0


def test_it_takes_so_many_queries(full, tenant, queries):
    counts = []
    for _ in range(2):
        for name in ("New", "Won", "Qualified"):
            colleague = make_seat(tenant)
            make(
                full,
                statusId=status_id(tenant, name),
                assignedToId=str(colleague.id),
                sourceId=source_id(tenant),
            )
        with queries() as seen:
            analytics(full)
        counts.append(len(seen))
    assert counts == [6, 6]  # who, statuses, figures, days, sources, names


# --- a plain recount

ZONES = ("Asia/Kolkata", "America/New_York", "Pacific/Apia", "UTC")
DAYS = st.dates(date(2025, 12, 20), date(2026, 4, 10))


@st.composite
def instants(draw):
    """Instants with a liking for the borders of days in the zones."""
    moment = datetime.combine(
        draw(DAYS), datetime.min.time(), draw(st.sampled_from([ZoneInfo(z) for z in ZONES]))
    )
    return (moment + timedelta(microseconds=draw(st.sampled_from([-1, 0, 1, 40_000_000_000])))).astimezone(
        UTC
    )


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.integers(0, 6),
            "source": st.integers(0, 3),
            "member": st.integers(0, 2),
            "created_at": instants(),
            "first_contacted_at": st.none() | instants(),
            "converted_at": st.none() | instants(),
            "lost_at": st.none() | instants(),
            "next_follow_up_at": st.none() | instants() | st.just(datetime(2199, 1, 1, tzinfo=UTC)),
            "estimated_value": st.none() | st.decimals(0, 10**6, places=2),
        }
    ),
    max_size=12,
)


def half_up(number):
    return str(
        (Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    )


def part_of(day, size):
    if size == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if size == "month" else day


def recount(rows, statuses, first, last, size, zone):
    """The same figures, counted lead by lead."""
    now = datetime.now(UTC)

    def part(instant):
        day = instant.astimezone(zone).date() if instant else None
        return part_of(day, size) if day and first <= day <= last else None

    def figures(some):
        created = sum(part(row["created_at"]) is not None for row in some)
        converted = [row for row in some if part(row["converted_at"])]
        is_open = [row for row in some if not row["converted_at"] and statuses[row["status"]].type == "open"]
        return {
            "created": created,
            "contacted": sum(part(row["first_contacted_at"]) is not None for row in some),
            "converted": len(converted),
            "lost": sum(part(row["lost_at"]) is not None for row in some),
            "conversionRate": half_up(Fraction(len(converted) * 100, created)) if created else "0.00",
            "pipelineValue": f"{sum(row['estimated_value'] or 0 for row in is_open):.2f}",
            "overdueFollowUps": sum(
                row["next_follow_up_at"] is not None and row["next_follow_up_at"] < now for row in is_open
            ),
        }

    everything = figures(rows)
    waited = [row["converted_at"] - row["created_at"] for row in rows if part(row["converted_at"])]
    average = (
        half_up(Fraction(sum(waited, timedelta()) // timedelta(microseconds=1), len(waited) * 86400 * 10**6))
        if waited else None
    )  # fmt: skip
    kpis = {"total": len(rows), "averageDaysToConvert": average, **everything}
    kpis["new"] = kpis.pop("created")
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counts = {
        name: Counter(part(row[name]) for row in rows) for name in ("created_at", "converted_at", "lost_at")
    }
    trend = [
        {
            "period": str(one), "created": counts["created_at"][one], "converted": counts["converted_at"][one],
            "lost": counts["lost_at"][one],
        }
        for one in dict.fromkeys(part_of(day, size) for day in days)
    ]  # fmt: skip
    steps = Counter(row["status"] for row in rows if part(row["created_at"]))
    funnel = [
        (steps[number], half_up(Fraction(steps[number] * 100, kpis["new"])) if kpis["new"] else "0.00")
        for number in range(len(statuses))
    ]
    groups = {
        name: {key: figures([row for row in rows if row[name] == key]) for key in {row[name] for row in rows}}
        for name in ("source", "member")
    }
    return kpis, trend, funnel, groups


def store(rows, statuses, sources, seats):
    """Put leads with these facts in the place of all there are."""
    Lead.objects.all().delete()
    leads = []
    for number, row in enumerate(rows):
        facts = {name: value for name, value in row.items() if name not in {"status", "source", "member"}}
        lead = Lead(
            **facts, status=statuses[row["status"]], source=sources[row["source"]],
            assigned_to_id=seats[row["member"]], lead_number=f"LD-{number}", first_name="x", email="x@example.com",
            name_key="x", search_text="x",
        )  # fmt: skip
        leads.append(lead)
    Lead.objects.bulk_create(leads)
    for lead, row in zip(leads, rows, strict=True):  # creating put the present instant there
        lead.created_at = row["created_at"]
    Lead.objects.bulk_update(leads, ["created_at"])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=ROWS,
    days=st.tuples(DAYS, DAYS),
    size=st.sampled_from(["day", "week", "month"]),
    zone=st.sampled_from(ZONES),
)
def test_the_figures_equal_a_plain_recount(tenant, full, other_seat, rows, days, size, zone):
    first, last = sorted(days)
    seats = [full.seat.id, other_seat.id, None]
    Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
    with tenant_context(tenant):
        statuses = list(LeadStatus.objects.all())
        sources = [*LeadSource.objects.all()[:3], None]
        store(rows, statuses, sources, seats)
    kpis, trend, funnel, groups = recount(rows, statuses, first, last, size, ZoneInfo(zone))
    found = analytics(full, f"from={first}&to={last}&groupBy={size}")
    assert found["kpis"] == kpis
    assert found["trend"] == trend
    assert [(step["count"], step["percent"]) for step in found["funnel"]] == funnel
    for name, spoken, key, keys in (
        ("source", "bySource", "sourceId", [source and source.id for source in sources]),
        ("member", "byAssignee", "assignedToId", seats),
    ):
        said = {row.pop(key): row for row in found[spoken]}
        for row in said.values():
            row.pop("name")
        for number, figures in groups[name].items():
            identifier = str(keys[number]) if keys[number] else None
            silent = not any(value not in (0, "0.00") for value in figures.values())
            assert said.pop(identifier, None) == (None if silent else figures)
        assert said == {}
