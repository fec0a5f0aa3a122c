"""The registry of what must hold, its command, and the damage the kernel's own checks find."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import Tenant
from crm.tests.imports import upload
from crm.tests.leads import body
from finance.models import Invoice
from nextgenerp.core import invariants
from nextgenerp.core.documents.invariants import _kinds
from nextgenerp.core.documents.models import DocumentType, IssuedNumber
from nextgenerp.core.models import HistoryEntry, Import, ImportFailure, UsageCounter
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.books import assert_books_are_clean, problems_of
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat, make_user
from sales.models import Quotation
from sales.tests.documents import (
    all_rounder,
    changed,
    confirmed,
    created,
    line,
    make_quotation,
    move,
    register_company,
    sent,
)


@pytest.fixture
def boss(tenant):
    return Client(make_seat(tenant, "tenant_admin"))


@pytest.fixture
def only(monkeypatch):
    """A registry of its own."""
    monkeypatch.setattr(invariants, "_checks", {})
    return invariants.invariant


def run_command(**options):
    out = StringIO()
    try:
        call_command("check_invariants", stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error), error.returncode
    return out.getvalue(), "", 0


# --- the registry


def test_problems_are_told_by_name_in_order(tenant, only):
    only("second")(lambda: ["b", "c"])
    only("first")(lambda: (text for text in ["a"]))
    only("third")(lambda: [])
    assert problems_of(tenant) == ["first: a", "second: b", "second: c"]


def test_a_flood_is_cut(tenant, only):
    only("many")(lambda: (str(number) for number in range(10**9)))
    found = problems_of(tenant)
    assert (len(found), found[-2:]) == (21, ["many: 19", "many: and more"])
    only("many")(lambda: map(str, range(20)))
    assert len(problems_of(tenant)) == 20


def test_a_check_that_fails_keeps_no_other_from_running(tenant, only):
    def broken():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        yield "never"

    only("broken")(broken)
    only("good")(lambda: [str(UsageCounter.objects.count())])
    first, second = problems_of(tenant)
    assert first.startswith("broken: could not be checked: DataError: division by zero")
    assert second.startswith("good: ")


def test_everything_is_of_one_moment_and_only_read(committed_tenant, only):
    """What others commit between two checks is not seen; a check that would repair something fails."""
    seen = []

    def count():
        seen.append(UsageCounter.objects.count())
        return []

    def meanwhile():
        other = threading.Thread(target=add)
        other.start()
        other.join()
        return []

    def add():
        with tenant_context(committed_tenant):
            UsageCounter.objects.create(key="meanwhile")
        connection.close()

    only("1")(count)
    only("2")(meanwhile)
    only("3")(count)
    only("4")(lambda: [str(UsageCounter.objects.create(key="mended"))])
    (problem,) = problems_of(committed_tenant)
    assert problem.startswith("4: could not be checked: InternalError: cannot execute INSERT in a read-only")
    assert seen == [seen[0]] * 2
    with tenant_context(committed_tenant):
        assert UsageCounter.objects.count() == seen[0] + 1


# --- the command


def test_the_command_tells_each_tenant_apart(tenant, other_tenant, only):
    only("name")(lambda: [connection.schema_name] if connection.schema_name == tenant.schema_name else [])
    out, error, code = run_command()
    assert out == f"fixture-0: name: {tenant.schema_name}\n"
    assert code == 1
    assert error.startswith("1 invariants in ")
    assert error.endswith(": 1 tenants are not in order.")
    assert run_command(tenant="fixture-1") == ("1 invariants in 1 tenants: all hold.\n", "", 0)
    assert run_command(tenant="fixture-0")[2] == 1
    assert run_command(tenant="nobody") == ("", "There is no tenant nobody.", 1)


def test_the_command_goes_through_suspended_tenants_too_but_not_into_broken_schemas(
    tenant, other_tenant, only
):
    only("name")(lambda: [connection.schema_name])
    Tenant.objects.filter(pk=tenant.pk).update(status="suspended")
    Tenant.objects.filter(pk=other_tenant.pk).update(schema_ready=False)
    out = run_command()[0]
    assert f"fixture-0: name: {tenant.schema_name}\n" in out
    assert other_tenant.schema_name not in out


def test_every_app_has_registered_its_own():
    assert {"usage counters", "imports", "team", "no orphan seats", "running numbers"} <= set(
        invariants.invariants()
    )


def test_every_numbered_document_is_looked_through():
    assert set(_kinds) == set(DocumentType.values)


@pytest.fixture
def story(tenant, member, boss):
    """A quotation, revised, a proforma invoice and an order of it, half of that invoiced, and a deleted draft."""
    register_company(tenant)
    client = all_rounder(member)
    lines = [line(quantity="3", unitPrice="33.33"), line(quantity="7", unitPrice="9.99", gstRate="5")]
    more = {"discountType": "amount", "discountValue": "10.01", "taxMode": "inclusive"}
    first = sent(
        client, make_quotation(client, lines=lines, charges=[{"label": "Freight", "amount": "5"}], **more)
    )
    quotation = sent(client, created(client.post(f"/quotations/{first['id']}/revise", {})))
    source = {"quotationId": quotation["id"]}
    half = [{"sourceLineId": quotation["lines"][0]["id"], "quantity": "1"}]
    created(client.post("/proforma-invoices/from-quotation", {**source, "lines": half}))
    order = confirmed(client, created(client.post("/sales-orders/from-quotation", source)))
    some = [{"sourceLineId": order["lines"][1]["id"], "quantity": "2"}]
    body = {"salesOrderId": order["id"], "lines": some}
    invoice = created(client.post("/finance/invoices/from-sales-order", body))
    changed(client.patch(f"/finance/invoices/{invoice['id']}/status", {"status": "sent"}))
    draft = created(client.post("/finance/invoices/from-sales-order", {"salesOrderId": order["id"]}))
    assert client.delete(f"/finance/invoices/{draft['id']}").status_code == 204
    assert move(client, "/quotations", make_quotation(client), "cancelled").status_code == 200
    return {"quotation": quotation, "invoice": invoice}


def test_the_documents_of_every_app_are_in_order(tenant, story):
    assert_books_are_clean(tenant)


def test_damage_to_their_numbers_and_sums_is_found(tenant, story):
    with tenant_context(tenant):
        Invoice.objects.update(payable=F("payable") + 1)
        Quotation.objects.filter(revision=1).update(cgst=F("cgst") + 1)
        IssuedNumber.objects.filter(document_id=story["invoice"]["id"]).update(status="void")
    found = problems_of(tenant)
    number = story["invoice"]["number"]
    for problem in (
        f"documents and their numbers: invoice {number}: it is void, and a document has it",
        f"documents and their numbers: invoice {number}: the register does not give it to {story['invoice']['id']}",
        f"sums of documents: invoice {number}: payable",
        f"sums of documents: quotation {story['quotation']['number']}: cgst",
    ):
        assert problem in found


# --- counters


def test_a_counter_beside_the_truth_is_found(tenant, boss):
    boss.post("/leads", body())
    assert_books_are_clean(tenant)
    with tenant_context(tenant):
        UsageCounter.objects.filter(key="leads").update(used=0)
        UsageCounter.objects.filter(key="users").update(used=3, issued=2)
        UsageCounter.objects.create(key="ships", used=1, issued=1)
    assert problems_of(tenant) == [
        "usage counters: leads: the counter says 0, there are 1",
        "usage counters: ships: nobody registered how to count these",
        "usage counters: users: the counter says 3, there are 1",
        "usage counters: users: 2 were numbered, 3 are in use",
    ]


def test_a_counter_that_is_missing_is_found(tenant, boss):
    boss.post("/leads", body())
    with tenant_context(tenant):
        UsageCounter.objects.filter(key="leads").delete()
    assert "usage counters: leads: the counter says 0, there are 1" in problems_of(tenant)


def test_what_is_counted_by_month_has_a_counter_a_month(tenant, boss, monkeypatch):
    counts = {**invariants._counts, "ships": lambda: {"ships:2026-10": 2, "ships:2026-11": 1}}
    monkeypatch.setattr(invariants, "_counts", counts)
    with tenant_context(tenant):
        UsageCounter.objects.create(key="ships:2026-10", used=2, issued=2)
        UsageCounter.objects.create(key="ships:2026-09", used=1, issued=1)
    assert problems_of(tenant) == [
        "usage counters: ships:2026-09: the counter says 1, there are 0",
        "usage counters: ships:2026-11: the counter says 0, there are 1",
    ]


# --- imports


@pytest.fixture
def imported(boss):
    """An import of two leads and a row that fails, the second lead removed by its undo."""
    answer = upload(boss, "Name,Email\nA,a@example.com\nB,b@example.com\nC,nonsense\n")
    assert (answer.json()["created"], answer.json()["failed"]) == (2, 1)
    touched = boss.get("/leads?search=a@example.com").json()["data"][0]["id"]
    boss.patch(f"/leads/{touched}", {"city": "Pune"})
    undone = boss.post(f"/imports/{answer.json()['id']}/undo").json()
    assert (undone["removed"], undone["kept"]) == (1, 1)
    return answer.json()["id"]


def test_imports_in_order(tenant, boss, imported):
    upload(boss, "Name,Email\nD,d@example.com\nE,nonsense\n", dryRun=True)
    assert_books_are_clean(tenant)


@pytest.mark.parametrize(
    ("column", "value", "texts"),
    [
        ("failed", 2, ["2 rows failed, 1 are kept"]),
        ("failed", 0, ["0 rows failed, 1 are kept"]),
        ("created", 3, ["3 created, the history says 2"]),
        ("created", 1, ["1 created, the history says 2", "1 created, 1 removed and 1 kept"]),
        ("removed", 2, ["2 deleted, the history says 1", "2 created, 2 removed and 1 kept"]),
        ("kept", 2, ["2 created, 1 removed and 2 kept"]),
    ],
)
def test_an_imports_figures_beside_the_truth_are_found(tenant, imported, column, value, texts):
    with tenant_context(tenant):
        batch = Import.objects.get(id=imported)
        setattr(batch, column, value)
        # the database itself holds that every row is counted
        batch.blank = 0
        batch.processed = batch.total = batch.created + batch.updated + batch.skipped + batch.failed
        batch.save()
    assert problems_of(tenant) == [f"imports: {imported}: {text}" for text in texts]


def test_lost_failures_are_found_until_they_may_go(tenant, imported):
    with tenant_context(tenant):
        ImportFailure.objects.all().delete()
    assert problems_of(tenant) == [f"imports: {imported}: 1 rows failed, 0 are kept"]
    with tenant_context(tenant):
        Import.objects.update(finished_at=timezone.now() - timedelta(days=31))
    assert_books_are_clean(tenant)


def test_an_import_that_was_ended_keeps_fewer_failures_than_it_counts(tenant, imported):
    with tenant_context(tenant):
        Import.objects.update(error={"code": "x", "detail": "x"}, failed=5, total=7, processed=7)
    assert_books_are_clean(tenant)
    with tenant_context(tenant):
        Import.objects.update(failed=0, total=2, processed=2)
    assert problems_of(tenant) == [f"imports: {imported}: 0 rows failed, 1 are kept"]


def test_history_of_an_import_that_is_not_there_is_found(tenant, boss):
    with tenant_context(tenant):
        batch = "01990000-0000-7000-8000-000000000001"
        HistoryEntry.objects.create(
            record_type="crm.Lead", record_id=batch, action="created", import_id=batch
        )
    assert problems_of(tenant) == [
        f"imports: {batch}: the history has 1 created by an import there is none of"
    ]


# --- the team


def test_what_is_wrong_with_a_team_is_found(tenant, boss, other_tenant):
    manager = make_seat(tenant, is_active=False)
    report = make_seat(tenant, manager=manager)
    abroad = make_seat(tenant, manager=make_seat(other_tenant))
    make_seat(tenant, manager=manager, is_active=False)
    expected = {
        f"team: the manager of {report.id}, {manager.id}, is no active member",
        f"team: the manager of {abroad.id}, {abroad.manager_id}, is no active member",
    }
    assert set(problems_of(tenant)) == expected
    boss.seat.is_active = False
    boss.seat.save()
    assert set(problems_of(tenant)) == expected | {
        "team: nobody is tenant_admin", "usage counters: users: the counter says 3, there are 2",
    }  # fmt: skip


def test_invitations_count_as_users(tenant, boss):
    assert boss.post("/users/invite", {"email": "demo.new@example.com", "role": "staff"}).status_code == 201
    assert_books_are_clean(tenant)
    tenant.invitations.update(expires_at=timezone.now() - timedelta(days=1))
    assert_books_are_clean(tenant)
    tenant.invitations.all().delete()
    assert problems_of(tenant) == ["usage counters: users: the counter says 2, there are 1"]


def test_records_of_nobody_are_found(tenant, boss, other_tenant):
    stranger = make_seat(other_tenant, user=make_user())
    lead = boss.post("/leads", body()).json()["id"]
    assert_books_are_clean(tenant)
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("UPDATE lead SET assigned_to_id = %s WHERE id = %s", [stranger.id, lead])
    assert problems_of(tenant) == [
        f"no orphan seats: crm.Lead.assigned_to_id names {stranger.id}, who has no seat here"
    ]
