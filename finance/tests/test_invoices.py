"""/finance/invoices: drafts made, changed, listed and deleted."""

import csv
import io
from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from finance.models import Invoice, InvoiceLine
from finance.tests.books import (
    EVERYTHING,
    PUNE,
    again,
    charging_gst,
    day,
    field_errors,
    history_of,
    issue,
    line,
    make_customer,
    make_invoice,
    path_of,
    pay,
    problem,
)
from nextgenerp.core import entitlements
from nextgenerp.core.documents.models import IssuedNumber
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context, tenant_today


@pytest.fixture
def clerk(member):
    return member(finance=EVERYTHING, customers=EVERYTHING)


@pytest.fixture(autouse=True)
def gst(tenant):
    charging_gst(tenant)


@pytest.fixture
def buyer(clerk):
    return make_customer(clerk)


def rows(tenant):
    """What a refused creation must not write."""
    with tenant_context(tenant):
        tables = (Invoice, InvoiceLine, HistoryEntry, IssuedNumber)
        month = f"{tenant_today():%Y-%m}"
        return [table.objects.count() for table in tables] + [entitlements.used("invoices", period=month)]


def listed(client, query=""):
    response = client.get(f"/finance/invoices?{query}")
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["data"]]


def first_number():
    """The first invoice of today's financial year."""
    today = tenant_today()
    year = today.year - (today.month < 4)
    return f"INV/{year % 100:02}-{(year + 1) % 100:02}/0001"


def test_a_document_with_lines(clerk, queries):
    buyer = make_customer(clerk, creditDays=15)
    header = {
        "customerId": buyer, "date": day(-3), "referenceNo": "PO 7", "notes": "Thanks", "terms": "Net 15",
        "discountType": "percent", "discountValue": "10.000", "taxMode": "exclusive", "roundOff": True,
        "charges": [{"label": "Freight", "amount": "100.00", "taxable": False}],
    }  # fmt: skip
    lines = [
        line(hsnSac="8471", quantity="2.000", unit="NOS"),
        line(name="Book", unitPrice="300", gstRate="5", description="Hardback"),
    ]
    with queries() as seen:
        response = clerk.post("/finance/invoices", header | {"lines": lines})
    invoice = response.json()
    assert response.status_code == 201, response.content
    assert (response["Location"], response["ETag"]) == (path_of(invoice), '"1"')
    assert {name: invoice[name] for name in header} == header
    assert (invoice["number"], invoice["status"]) == (first_number(), "draft")
    assert (invoice["amountPaid"], invoice["balance"]) == ("0.00", "2508.00")
    assert (invoice["dueDate"], invoice["placeOfSupply"], invoice["supplyType"]) == (day(12), "27", "intra")
    assert (invoice["salesOrderId"], invoice["proformaInvoiceId"], invoice["cancelReason"]) == (
        None,
        None,
        "",
    )
    totals = invoice["totals"]
    assert [totals[name] for name in ("subTotal", "documentDiscount", "taxableValue", "cgst", "sgst", "igst")] == [
        "2300.00", "230.00", "2070.00", "168.75", "168.75", "0.00",
    ]  # fmt: skip
    assert [totals[name] for name in ("otherCharges", "grandTotal", "roundOff", "payable")] == [
        "100.00", "2507.50", "0.50", "2508.00",
    ]  # fmt: skip
    assert [(one["name"], one["total"]) for one in invoice["lines"]] == [
        ("Widget", "2124.00"),
        ("Book", "283.50"),
    ]
    assert clerk.get(path_of(invoice)).json() == invoice
    row = {name: value for name, value in invoice.items() if name != "lines"}
    assert clerk.get("/finance/invoices").json()["data"] == [row]
    assert len(seen) <= 15


def test_the_simple_shape(clerk, buyer):
    items = [
        {"description": "Consulting", "quantity": 2, "rate": "1500.50", "taxRate": 18},
        {"description": "x" * 250, "quantity": "0.5", "rate": 10},
    ]
    body = {"customerId": buyer, "items": items, "dueDate": day(30)}
    response = clerk.post("/finance/invoices", body)
    invoice = response.json()
    assert response.status_code == 201, response.content
    assert [(one["name"], one["quantity"], one["unitPrice"], one["gstRate"]) for one in invoice["lines"]] == [
        ("Consulting", "2.000", "1500.5000", "18.000"), ("x" * 200, "0.500", "10.0000", "0.000"),
    ]  # fmt: skip
    assert [one["description"] for one in invoice["lines"]] == ["", "x" * 250]
    assert (invoice["dueDate"], invoice["totals"]["payable"]) == (day(30), "3546.00")
    changed = clerk.patch(path_of(invoice), {"items": items[:1]}).json()
    assert [one["name"] for one in changed["lines"]] == ["Consulting"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"customerId": None}, ("customerId", "null")),
        ({"customerId": "x"}, ("customerId", "does_not_exist")),
        ({"lines": []}, ("lines", "empty")),
        ({"lines": [line()] * 201}, ("lines", "max_length")),
        ({"lines": [line(), line(quantity="0")]}, ("lines.1.quantity", "min_value")),
        ({"lines": [line(gstRate="100.001")]}, ("lines.0.gstRate", "max_value")),
        ({"lines": [line(productId=str(uuid4()))]}, ("lines.0.productId", "does_not_exist")),
        ({"items": [{"description": "x", "quantity": 1, "rate": 1}]}, ("items", "invalid")),
        ({"date": "2999-01-01"}, ("date", "in_future")),
        ({"dueDate": "2001-01-01"}, ("dueDate", "min_value")),
        ({"currency": "USD"}, ("currency", "invalid_choice")),
        ({"placeOfSupply": "99"}, ("placeOfSupply", None)),
        ({"status": "sent"}, ("status", "invalid_choice")),
        ({"status": "gone"}, ("status", "invalid_choice")),
        ({"bankAccountId": str(uuid4())}, ("bankAccountId", "does_not_exist")),
        ({"ownerId": str(uuid4())}, ("ownerId", "does_not_exist")),
        ({"number": "X", "payable": 1}, ("payable", "unknown_field")),
        ({"discountType": "amount", "discountValue": "1000.01"}, ("discountValue", None)),
    ],
)
def test_what_is_refused_is_not_stored(clerk, buyer, tenant, wrong, error):
    before = rows(tenant)
    found = field_errors(clerk.post("/finance/invoices", {"customerId": buyer, "lines": [line()]} | wrong))
    assert found == {error} or (error[1] is None and {name for name, _ in found} == {error[0]})
    assert rows(tenant) == before


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({"quantity": "-1"}, ("items.0.quantity", "min_value")),
        ({"rate": "abc"}, ("items.0.rate", "invalid")),
        ({"taxRate": "101"}, ("items.0.taxRate", "max_value")),
        ({"description": ""}, ("items.0.description", "blank")),
        ({"unitPrice": "1"}, ("items.0.unitPrice", "unknown_field")),
    ],
)
def test_errors_name_the_items_that_were_sent(clerk, buyer, tenant, item, error):
    before = rows(tenant)
    items = [{"description": "Work", "quantity": 1, "rate": 1} | item]
    found = field_errors(clerk.post("/finance/invoices", {"customerId": buyer, "items": items}))
    assert found == {error} or (error[1] is None and {name for name, _ in found} == {error[0]})
    assert rows(tenant) == before


def test_lines_or_items_are_needed(clerk, buyer):
    assert field_errors(clerk.post("/finance/invoices", {"customerId": buyer})) == {("lines", "required")}
    assert field_errors(clerk.post("/finance/invoices", {"lines": [line()]})) == {("customerId", "required")}


def test_a_customer_out_of_scope_does_not_exist(member, buyer):
    caller = member(finance=EVERYTHING, customers=["view"], scope="own")
    body = {"customerId": buyer, "lines": [line()]}
    assert field_errors(caller.post("/finance/invoices", body)) == {("customerId", "does_not_exist")}


def test_a_draft_is_changed_as_one_likes(clerk, buyer, tenant):
    invoice = make_invoice(clerk, buyer, lines=[line(), line(name="Second", unitPrice="10")])
    other = make_customer(clerk, name="Elsewhere", billingAddress=PUNE | {"state": "Karnataka"})
    kept = {**invoice["lines"][0], "quantity": "3.000"}
    response = clerk.patch(path_of(invoice), {
        "customerId": other, "date": day(-40), "dueDate": day(-10), "lines": [kept, line(name="New", unitPrice="5")],
        "discountType": "amount", "discountValue": "5.00", "notes": "Changed",
    })  # fmt: skip
    changed = response.json()
    assert response.status_code == 200, response.content
    assert (changed["version"], changed["customer"]["name"], changed["placeOfSupply"]) == (
        2,
        "Elsewhere",
        "29",
    )
    assert [(one["name"], one["quantity"]) for one in changed["lines"]] == [
        ("Widget", "3.000"),
        ("New", "1.000"),
    ]
    assert changed["lines"][0]["id"] == invoice["lines"][0]["id"]
    assert (changed["totals"]["igst"], changed["totals"]["payable"], changed["balance"]) == (
        "540.00", "3540.00", "3540.00",
    )  # fmt: skip
    action, changes = history_of(tenant, invoice["id"])[1]
    assert (action, changes["payable"]) == ("updated", ["1192.00", "3540.00"])
    assert clerk.get(path_of(invoice)).json() == changed


def test_what_was_read_may_be_sent_back(clerk, buyer, tenant):
    for invoice in (make_invoice(clerk, buyer), issue(clerk, buyer)):
        response = clerk.patch(path_of(invoice), invoice)
        assert (response.status_code, response.json()) == (200, invoice), response.content


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"date": "2999-01-01"}, ("date", "in_future")),
        ({"lines": [line(), {"id": str(uuid4()), "quantity": 1}]}, ("lines.1.id", "does_not_exist")),
        ({"lines": [line(name="")]}, ("lines.0.name", "blank")),
        ({"dueDate": "2001-01-01"}, ("dueDate", "min_value")),
        ({"reason": "x" * 501}, ("reason", "max_length")),
    ],
)
def test_a_refused_change_leaves_the_draft(clerk, buyer, wrong, error):
    invoice = make_invoice(clerk, buyer)
    assert field_errors(clerk.patch(path_of(invoice), {"notes": "Not stored"} | wrong)) == {error}
    assert again(clerk, invoice) == invoice


def test_another_version_is_412(clerk, buyer):
    invoice = make_invoice(clerk, buyer)
    clerk.patch(path_of(invoice), {"notes": "first"})
    old = {"If-Match": '"1"'}
    assert problem(clerk.patch(path_of(invoice), {"notes": "second"}, headers=old)) == (
        412,
        "version_mismatch",
    )
    status = clerk.patch(f"{path_of(invoice)}/status", {"status": "sent"}, headers=old)
    assert problem(status) == (412, "version_mismatch")
    assert (again(clerk, invoice)["notes"], again(clerk, invoice)["status"]) == ("first", "draft")


def test_a_deleted_draft_leaves_a_void_number(clerk, buyer, tenant):
    first, second = make_invoice(clerk, buyer), make_invoice(clerk, buyer)
    assert clerk.delete(path_of(first)).status_code == 204
    assert clerk.get(path_of(first)).status_code == 404
    third = make_invoice(clerk, buyer)
    with tenant_context(tenant):
        register = list(IssuedNumber.objects.order_by("sequence").values_list("sequence", "status", "number"))
        assert InvoiceLine.objects.count() == 2
        assert entitlements.used("invoices", period=f"{tenant_today():%Y-%m}") == 2
    assert register == [
        (1, "void", first["number"]),
        (2, "used", second["number"]),
        (3, "used", third["number"]),
    ]
    assert listed(clerk, "sortBy=number") == [second["number"], third["number"]]


def test_the_limit_holds_for_each_calendar_month(clerk, buyer, tenant, monkeypatch):
    monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements({"invoices": 2}))
    first = make_invoice(clerk, buyer)
    make_invoice(clerk, buyer, date=day(-60))  # it is the day it was made that counts
    before = rows(tenant)
    refused = clerk.post("/finance/invoices", {"customerId": buyer, "lines": [line()]})
    assert problem(refused) == (403, "plan_limit_reached")
    assert refused.json()["limit"] == {"key": "invoices", "used": 2, "limit": 2}
    assert rows(tenant) == before
    with tenant_context(tenant):
        Invoice.objects.filter(pk=first["id"]).update(counted_in="2020-01")
        entitlements.claim("invoices", period="2020-01")
        assert entitlements.used("invoices", period="2020-01") == 1
    assert clerk.delete(path_of(first)).status_code == 204
    with tenant_context(tenant):
        assert entitlements.used("invoices", period="2020-01") == 0
        assert entitlements.used("invoices", period=f"{tenant_today():%Y-%m}") == 2


def test_a_key_makes_one_invoice(clerk, buyer):
    body, key = {"customerId": buyer, "lines": [line()]}, {"Idempotency-Key": "once"}
    first, second = (clerk.post("/finance/invoices", body, headers=key) for _ in range(2))
    assert (first.json(), second["Idempotency-Replayed"]) == (second.json(), "true")
    assert listed(clerk) == [first.json()["number"]]


def test_a_customer_with_invoices_stays(clerk, buyer):
    make_invoice(clerk, buyer)
    refused = clerk.delete(f"/customers/{buyer}")
    assert problem(refused) == (409, "in_use")
    assert refused.json()["counts"] == {"invoices": 1}


@pytest.fixture
def some(clerk):
    """Numbers of a draft, one sent, one overdue, one partly paid, one paid and one cancelled, a day apart."""
    buyer, other = make_customer(clerk, name="Demo Traders"), make_customer(clerk, name="Sample Textiles")
    draft = make_invoice(clerk, buyer, date=day(-1), referenceNo="REF 11")
    sent = issue(clerk, buyer, date=day(-2), dueDate=day(0))
    overdue = issue(clerk, buyer, date=day(-3), dueDate=day(-1))
    partly = issue(clerk, other, date=day(-4), dueDate=None, lines=[line(unitPrice="2000")])
    paid = issue(clerk, other, date=day(-5), dueDate=day(-4))
    cancelled = issue(clerk, other, date=day(-6), dueDate=day(-4))
    pay(clerk, partly, "1.00")
    pay(clerk, paid, "1180.00")
    clerk.patch(f"{path_of(cancelled)}/status", {"status": "cancelled", "reason": "Wrong customer"})
    return {
        "draft": draft["number"], "sent": sent["number"], "overdue": overdue["number"],
        "partially_paid": partly["number"], "paid": paid["number"], "cancelled": cancelled["number"],
    }  # fmt: skip


def test_lists_are_narrowed(clerk, some, tenant):
    for status, number in some.items():
        assert listed(clerk, f"status={status}") == [number]
        [row] = clerk.get(f"/finance/invoices?status={status}").json()["data"]
        assert row["status"] == status
        assert clerk.get(path_of(row)).json()["status"] == status
    everything = list(some.values())
    assert listed(clerk) == everything
    assert listed(clerk, "status=overdue,sent") == [some["sent"], some["overdue"]]
    assert listed(clerk, f"dateFrom={day(-3)}&dateTo={day(-2)}") == [some["sent"], some["overdue"]]
    assert listed(clerk, "amountFrom=1180.01") == [some["partially_paid"]]
    assert listed(clerk, "amountTo=1180&search=textiles") == [some["paid"], some["cancelled"]]
    assert listed(clerk, "search=ref 11") == [some["draft"]]
    assert listed(clerk, f"search={some['paid'].lower()}") == [some["paid"]]
    buyer = clerk.get("/customers?search=Traders").json()["data"][0]["id"]
    assert listed(clerk, f"customerId={buyer}") == everything[:3]
    assert listed(clerk, f"ownerId={clerk.seat.id}&status=paid") == [some["paid"]]
    for name in ("customerId", "ownerId", "salesOrderId", "proformaInvoiceId"):
        assert listed(clerk, f"{name}={uuid4()}") == []
    for query in ("status=open", "dateFrom=x", "amountFrom=x", "customer=x", "sortBy=balance"):
        assert clerk.get(f"/finance/invoices?{query}").status_code == 400, query


def test_lists_are_sorted(clerk, some):
    everything = list(some.values())
    assert listed(clerk, "sortBy=date&sortOrder=asc") == everything[::-1]
    assert listed(clerk, "sortBy=number&sortOrder=desc") == sorted(everything, reverse=True)
    assert listed(clerk, "sortBy=createdAt&sortOrder=asc") == everything
    assert listed(clerk, "sortBy=payable&sortOrder=desc")[0] == some["partially_paid"]
    due = listed(clerk, "sortBy=dueDate&sortOrder=asc")
    assert (due[-1], set(due[:2])) == (some["partially_paid"], {some["paid"], some["cancelled"]})
    seen, query = [], "limit=2"
    while query:
        page = clerk.get(f"/finance/invoices?{query}").json()
        seen += [row["number"] for row in page["data"]]
        query = (
            f"limit=2&cursor={page['pagination']['nextCursor']}" if page["pagination"]["nextCursor"] else ""
        )
    assert seen == everything


def test_the_export_is_the_list(clerk, some):
    def exported(query):
        response = clerk.get(f"/finance/invoices/export?{query}")
        return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))

    assert [(row["number"], row["status"]) for row in exported("")] == [
        (number, status) for status, number in some.items()
    ]
    [row] = exported("status=partially_paid")
    assert {name: row[name] for name in ("customer", "payable", "amountPaid", "balance", "dueDate", "cgst")} == {
        "customer": "Sample Textiles", "payable": "2360.00", "amountPaid": "1.00", "balance": "2359.00", "dueDate": "",
        "cgst": "180.00",
    }  # fmt: skip


def test_scopes(member, clerk, tenant):
    mine = member(finance=EVERYTHING, customers=EVERYTHING, scope="own")
    invoice = make_invoice(mine)
    theirs = make_invoice(clerk)
    assert listed(mine) == [invoice["number"]]
    path = path_of(theirs)
    for response in (
        mine.get(path), mine.patch(path, {"notes": "x"}), mine.delete(path), mine.get(f"{path}/payments"),
        mine.post(f"{path}/payments", {"amount": 1, "method": "upi"}), mine.patch(f"{path}/status", {"status": "sent"}),
    ):  # fmt: skip
        assert problem(response) == (404, "not_found")
    given = clerk.patch(path, {"ownerId": str(mine.seat.id)})
    assert given.status_code == 200
    assert set(listed(mine)) == {invoice["number"], theirs["number"]}


@pytest.mark.parametrize(
    "values",
    [
        {"settled": "1200.00"}, {"settled": "-1"}, {"settled": "1.00"}, {"status": "paid"}, {"status": "gone"},
        {"status": "partially_paid"}, {"due_date": date(2001, 1, 1)}, {"customer": None}, {"payable": "-1"},
    ],
)  # fmt: skip
def test_the_database_holds_the_rules_too(clerk, tenant, values):
    invoice = issue(clerk)
    with tenant_context(tenant), pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice["id"]).update(**values)
