"""/leads/meta/*, what a new tenant begins with, and the demo leads."""

from crm import demo
from crm.models import Lead, LeadSource, LeadStatus, LeadTag
from crm.services.defaults import provision_crm
from crm.tests.leads import field_errors, history_of, make, status_id
from nextgenerp.core import entitlements
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import Actor, tenant_context


def test_statuses_with_live_counts(member, tenant):
    caller = member(leads=["create", "view", "delete"])
    leads = [make(caller), make(caller), make(caller, statusId=status_id(tenant, "Won"))]
    caller.delete(f"/leads/{leads[0]['id']}")
    answer = caller.get("/leads/meta/statuses").json()
    assert answer["pagination"] is None
    assert [(one["name"], one["type"], one["isDefault"], one["leadCount"]) for one in answer["data"]] == [
        ("New", "open", True, 1), ("Contacted", "open", False, 0), ("Qualified", "open", False, 0),
        ("Proposal Sent", "open", False, 0), ("Negotiation", "open", False, 0), ("Won", "won", False, 1),
        ("Lost", "lost", False, 0),
    ]  # fmt: skip
    assert [one["order"] for one in answer["data"]] == [1, 2, 3, 4, 5, 6, 7]


def test_sources(member):
    answer = member(leads=["view"]).get("/leads/meta/sources").json()
    assert [one["name"] for one in answer["data"]] == [
        "Website", "Referral", "IndiaMART", "JustDial", "Cold Call", "Walk-in", "Social Media", "Exhibition", "E-mail",
        "Other",
    ]  # fmt: skip
    assert (set(answer["data"][0]), answer["pagination"]) == ({"id", "name", "order"}, None)


def test_tags(member, tenant):
    caller = member(leads=["create", "view"])
    first = caller.post("/leads/meta/tags", {"name": " Hot Deal ", "color": "#aa00FF"})
    assert (first.status_code, first["Location"]) == (201, "/leads/meta/tags")
    made = first.json()
    assert made == {"id": made["id"], "name": "Hot Deal", "color": "#aa00FF"}
    second = caller.post("/leads/meta/tags", {"name": "Another"}).json()
    again = caller.post("/leads/meta/tags", {"name": "HOT  deal"})
    assert (again.status_code, again.json()["code"], again.json()["existing"]) == (409, "duplicate", made)
    assert caller.get("/leads/meta/tags").json() == {"data": [second, made], "pagination": None}
    assert history_of(tenant, made["id"]) == [("created", {})]


def test_wrong_tags(member, tenant):
    caller = member(leads=["create"])
    assert field_errors(caller.post("/leads/meta/tags", {})) == {("name", "required")}
    assert field_errors(caller.post("/leads/meta/tags", {"name": "x" * 51})) == {("name", "max_length")}
    assert field_errors(caller.post("/leads/meta/tags", {"name": "x", "color": "red"})) == {
        ("color", "invalid")
    }
    with tenant_context(tenant):
        assert LeadTag.objects.count() == 0


def test_grants(member):
    nobody = member(customers=["view"])
    for path in ("/leads/meta/statuses", "/leads/meta/sources", "/leads/meta/tags"):
        assert nobody.get(path).json()["action"] == "canView"
    assert member(leads=["view"]).post("/leads/meta/tags", {"name": "x"}).json()["action"] == "canCreate"


def test_provisioning_again_changes_nothing(tenant):
    with tenant_context(tenant):
        LeadSource.objects.filter(name="Other").delete()
        provision_crm()
        assert (LeadStatus.objects.count(), LeadSource.objects.count()) == (7, 9)


def test_demo_leads_are_made_once(member, tenant):
    caller = member("admin")
    actor = Actor(seat_id=caller.seat.id, tenant=tenant)
    make(caller)
    with tenant_context(tenant):
        assert [demo.seed(actor, 40), demo.seed(actor, 40), demo.seed(actor, 60)] == [40, 0, 20]
        assert (Lead.objects.count(), entitlements.used("leads")) == (61, 61)
        assert HistoryEntry.objects.filter(record_type="crm.Lead", action="created").count() == 61
        assert Lead.objects.values("lead_number").distinct().count() == 61
        assert Lead.objects.values("created_at__date").distinct().count() > 5
        assert Lead.objects.values("status").distinct().count() > 3
    found = caller.get("/leads?search=demo-lead-17@example.com").json()["data"]
    assert [lead["email"] for lead in found] == ["demo-lead-17@example.com"]
