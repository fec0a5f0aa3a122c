"""Documents changed, dated anew, frozen and deleted."""

import threading

import pytest
from django.db import connection, transaction

from crm.services.customers import lock_customer
from nextgenerp.core.documents.models import CompanyProfile, NumberingPeriod
from nextgenerp.core.documents.tests import probe
from nextgenerp.core.documents.tests.estimates import (
    BENGALURU,
    PUNE,
    change,
    customer,
    estimate,
    history_of,
    line,
    make,
    read,
    refused,
    register,
    register_of,
    stored,
)
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.books import problems_of
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat


def lines_of(document):
    return [(one["id"], one["name"], one["quantity"]) for one in document["lines"]]


def test_lines_are_replaced_and_those_with_their_id_kept(client, tenant):
    made = estimate(client, lines=[line(name="A"), line(name="B"), line(name="C")])
    a, b, c = (one["id"] for one in made["lines"])
    changed = change(client, made, lines=[{"id": c, "quantity": "5"}, line(name="D"), {"id": a}])
    d = changed["lines"][1]["id"]
    assert lines_of(changed) == [(c, "C", "5.000"), (d, "D", "2.000"), (a, "A", "2.000")]
    assert d not in {a, b, c}
    assert changed["totals"]["payable"] == "1062.00"
    assert changed["version"] == 2
    assert read(client, made["id"]) == changed
    assert history_of(tenant, made)[1:] == [(
        "updated",
        {
            "lines.1.quantity": ["2.000", "5.000"],
            "lines.2": ["B: 2.000 at 100.0000", "D: 2.000 at 100.0000"],
            "payable": ["708.00", "1062.00"],
        },
    )]  # fmt: skip


def test_what_was_read_can_be_sent_back(client, tenant):
    made = estimate(client, lines=[line(), line()], charges=[{"label": "Freight", "amount": "10"}])
    before = stored(tenant)
    assert change(client, made, **made) == made
    assert stored(tenant) == before


def test_the_header_is_changed_and_computed_anew(client, tenant):
    made = estimate(client)
    changed = change(
        client, made, taxMode="inclusive", discountValue="10", notes="Demo", roundOff=False,
        charges=[{"label": "Freight", "amount": "10.5", "taxable": True}],
    )  # fmt: skip
    assert changed["charges"] == [{"label": "Freight", "amount": "10.50", "taxable": True}]
    totals = changed["totals"]
    assert (totals["documentDiscount"], totals["charges"], totals["payable"]) == ("20.00", "10.50", "190.50")
    assert history_of(tenant, made)[1] == (
        "updated",
        {
            "taxMode": ["exclusive", "inclusive"], "discountValue": ["0.000", "10.000"], "notes": ["", "Demo"],
            "charges": [[], changed["charges"]], "roundOff": [True, False], "payable": ["236.00", "190.50"],
        },
    )  # fmt: skip


def test_another_customer_brings_addresses_and_place(client, tenant):
    made = estimate(client)
    other = customer(client, name="Other Works", billingAddress=BENGALURU)
    changed = change(client, made, customerId=other["id"])
    assert (changed["billingAddress"], changed["placeOfSupply"], changed["supplyType"]) == (
        BENGALURU, "29", "inter",
    )  # fmt: skip
    assert (changed["totals"]["igst"], changed["totals"]["cgst"]) == ("36.00", "0.00")
    assert changed["customer"]["name"] == "Other Works"
    changes = history_of(tenant, made)[1][1]
    assert [one.split(" ", 1)[1] for one in changes["customer"]] == ["Demo Works", "Other Works"]
    back = change(client, made, customerId=made["customerId"], shippingAddress=BENGALURU, placeOfSupply="29")
    assert (back["billingAddress"], back["shippingAddress"], back["supplyType"]) == (PUNE, BENGALURU, "inter")


def test_a_product_named_anew_gives_its_values(client):
    product = make(client, "/inventory/products", sku="W-1", name="Wheel", salePrice="50", gstRate="5")
    made = estimate(client)
    own = made["lines"][0]["id"]
    changed = change(client, made, lines=[{"id": own, "productId": product["id"], "quantity": 1}])
    assert [changed["lines"][0][name] for name in ("id", "name", "unitPrice", "gstRate")] == [
        own, "Wheel", "50.0000", "5.000",
    ]  # fmt: skip
    changed = change(client, made, lines=[{"id": own, "productId": product["id"], "unitPrice": "40"}])
    changed = change(client, made, lines=[{"id": own, "productId": product["id"]}])
    assert changed["lines"][0]["unitPrice"] == "40.0000"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"lines": [{"name": "x"}]}, [("lines.0.quantity", "required"), ("lines.0.unitPrice", "required")]),
        ({"lines": [line(id="01a21540-0000-7000-8000-000000000000")]}, [("lines.0.id", "does_not_exist")]),
        ({"lines": [line(id="x")]}, [("lines.0.id", "does_not_exist")]),
        ({"charges": [{"label": "x"}]}, [("charges.0.amount", "required")]),
        ({"discountValue": "101"}, [("discountValue", "max_value")]),
    ],
)
def test_what_is_refused_changes_nothing(client, tenant, values, expected):
    made = estimate(client)
    refused(tenant, lambda: client.patch(f"/estimates/{made['id']}", values), *expected)
    assert read(client, made["id"]) == made


def test_a_line_belongs_to_its_document_and_comes_once(client, tenant):
    made, other = estimate(client), estimate(client)
    address, own = f"/estimates/{made['id']}", made["lines"][0]["id"]
    for lines in ([{"id": other["lines"][0]["id"]}], [{"id": own}, {"id": own}]):
        place = f"lines.{len(lines) - 1}.id"
        refused(
            tenant, lambda lines=lines: client.patch(address, {"lines": lines}), (place, "does_not_exist")
        )
    assert read(client, other["id"]) == other


def test_somebody_else_was_first(client):
    made = estimate(client)
    change(client, made, notes="First")
    late = client.patch(f"/estimates/{made['id']}", {"notes": "Late"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert read(client, made["id"])["notes"] == "First"


def test_another_period_brings_another_number(client, tenant):
    made = estimate(client, date="2027-03-31")
    assert made["number"] == "QT/26-27/0001"
    assert change(client, made, date="2026-04-01")["number"] == "QT/26-27/0001"
    changed = change(client, made, date="2027-04-01")
    assert changed["number"] == "QT/27-28/0001"
    assert change(client, made, date="2027-03-31")["number"] == "QT/26-27/0002"
    assert register_of(tenant) == [
        ("QT/26-27/0001", "void"), ("QT/26-27/0002", "used"), ("QT/27-28/0001", "void"),
    ]  # fmt: skip
    assert history_of(tenant, made)[2] == (
        "updated",
        {"date": ["2026-04-01", "2027-04-01"], "number": ["QT/26-27/0001", "QT/27-28/0001"]},
    )
    found = client.get("/estimates?search=26-27/0002").json()["data"]
    assert [one["id"] for one in found] == [made["id"]]


def test_a_revisions_number_is_its_own(client, tenant):
    """It has its root's, none of the register's: dated into another period and deleted, it changes nothing there."""
    made = estimate(client, date="2027-03-31")
    revision = probe.revise(tenant, made["id"])
    assert revision["number"] == "QT/26-27/0001-R1"
    assert change(client, revision, date="2027-04-01")["number"] == "QT/26-27/0001-R1"
    assert client.delete(f"/estimates/{revision['id']}").status_code == 204
    assert register_of(tenant) == [("QT/26-27/0001", "used")]


def test_a_deleted_draft_leaves_its_number_void(client, tenant):
    made = estimate(client, date="2027-03-31")
    assert client.delete(f"/estimates/{made['id']}").status_code == 204
    assert client.get(f"/estimates/{made['id']}").status_code == 404
    assert register_of(tenant) == [("QT/26-27/0001", "void")]
    assert history_of(tenant, made)[-1] == ("deleted", {"number": ["QT/26-27/0001", None]})
    assert estimate(client, date="2027-03-31")["number"] == "QT/26-27/0002"


def test_a_document_that_left_draft_keeps_its_figures(client, tenant):
    made = estimate(client, lines=[line(unitPrice="100.10")])
    probe.freeze(tenant, made["id"])
    with tenant_context(tenant):
        CompanyProfile.objects.update(tax_rounding="line")
    register(tenant, "29AAGCB7383J1Z4")
    client.patch(f"/customers/{made['customerId']}", {"billingAddress": BENGALURU, "gstCategory": "sez"})
    changed = change(client, made, notes="Later", validUntil="2027-01-01")
    assert (changed["notes"], changed["version"]) == ("Later", 2)
    kept = ("totals", "lines", "supplyType", "placeOfSupply", "billingAddress", "number")
    assert {name: changed[name] for name in kept} == {name: made[name] for name in kept}
    assert client.delete(f"/estimates/{made['id']}").status_code == 409


def test_a_draft_follows_the_company(client, tenant):
    made = estimate(client)
    register(tenant, "29AAGCB7383J1Z4")
    assert change(client, made, notes="Later")["totals"]["igst"] == "36.00"


@pytest.fixture
def committed(settings, committed_tenant):
    """The probe in a tenant of its own, for threads."""
    settings.ROOT_URLCONF = probe.__name__
    register(committed_tenant)
    with tenant_context(committed_tenant):
        probe.make_tables()
    return committed_tenant


def assert_numbers_are_whole(tenant):
    """Nothing is wrong but that quotations do not have the numbers: the probe's estimates do."""
    assert {problem.split(":")[0] for problem in problems_of(tenant)} <= {"documents and their numbers"}


def together(jobs):
    """What the jobs return when all begin at once."""
    barrier, results = threading.Barrier(len(jobs)), []

    def run(job):
        try:
            barrier.wait()
            results.append(job())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_fifty_at_once_with_every_fifth_failing_are_numbered_without_a_gap(committed):
    seat = make_seat(committed, "tenant_admin")
    buyer = customer(Client(seat))

    def job(index):
        values = {"customerId": buyer["id"], "lines": [line()], "date": "2027-03-31"}
        values["referenceNo"] = "" if index % 5 else "fail"
        return lambda: Client(seat).post("/estimates", values)

    answers = together([job(index) for index in range(50)])
    numbers = sorted(one.json()["number"] for one in answers if one.status_code == 201)
    assert numbers == [f"QT/26-27/{n:04}" for n in range(1, 41)]
    assert [one.status_code for one in answers].count(409) == 10
    assert register_of(committed) == [(number, "used") for number in numbers]
    with tenant_context(committed):
        assert NumberingPeriod.objects.get().next_number == 41
    assert_numbers_are_whole(committed)


def test_changes_at_once_follow_each_other(committed):
    """Drafts dated to and fro: each number is used or void, none is lost, none given twice."""
    seat = make_seat(committed, "tenant_admin")
    buyer = customer(Client(seat))
    drafts = [estimate(Client(seat), customerId=buyer["id"], date="2027-03-31") for _ in range(4)]
    jobs = [
        lambda draft=draft, day=day: Client(seat).patch(f"/estimates/{draft['id']}", {"date": day})
        for draft in drafts
        for day in ("2027-04-01", "2027-03-30", "2028-04-01")
    ]
    assert {one.status_code for one in together(jobs)} == {200}
    lines = register_of(committed)
    assert len({number for number, _ in lines}) == len(lines)
    used = sorted(number for number, status in lines if status == "used")
    assert used == sorted(read(Client(seat), draft["id"])["number"] for draft in drafts)
    with tenant_context(committed):
        assert len(lines) == sum(one.next_number - 1 for one in NumberingPeriod.objects.all())
    assert_numbers_are_whole(committed)


def test_a_held_customer_keeps_no_document_waiting(committed):
    """Whoever holds the customer may want the series next: a new document, which has it, must not wait for them."""
    client = Client(make_seat(committed, "tenant_admin"))
    buyer = customer(client)
    with tenant_context(committed), transaction.atomic():
        lock_customer(buyer["id"])
        made = together([lambda: client.post("/estimates", {"customerId": buyer["id"], "lines": [line()]})])
        assert [one.status_code for one in made] == [201]
