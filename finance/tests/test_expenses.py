"""/finance/expenses: what is stored, what is refused, what is listed."""

import csv
import io
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from finance.models import Expense
from finance.services.expenses import gst_within
from finance.tests.books import EVERYTHING, expense_body, field_errors, history_of, make_expense, problem
from nextgenerp.core import entitlements
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context, tenant_today

GSTIN = "27AAPFU0939F1ZV"


@pytest.fixture
def clerk(member):
    return member(finance=EVERYTHING)


def rows(tenant):
    with tenant_context(tenant):
        return Expense.objects.count(), HistoryEntry.objects.count(), entitlements.used("expenses")


def listed(client, query=""):
    response = client.get(f"/finance/expenses?{query}")
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["data"]]


def test_create_with_every_field(clerk, tenant, queries):
    sent = {
        "date": "2026-11-02", "category": " Travel ", "amount": "1180.00", "gstRate": "18.000", "gstAmount": "180.00",
        "vendorName": "Demo Taxis", "vendorGstin": "27 aapfu0939f1zv", "paymentMethod": "upi", "reference": "UPI 1",
        "notes": "Airport\nand back",
    }  # fmt: skip
    with queries() as seen:
        response = clerk.post("/finance/expenses", sent)
    expense = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"/finance/expenses/{expense['id']}"
    assert response["ETag"] == '"1"'
    assert expense == sent | {
        "id": expense["id"], "number": "EX-00001", "category": "Travel", "vendorGstin": GSTIN, "status": "pending",
        "receipt": None, "createdById": str(clerk.seat.id), "version": 1, "createdAt": expense["createdAt"],
        "createdBy": {"id": str(clerk.seat.id), "name": f"Staff {clerk.seat.last_name}"},
        "updatedAt": expense["updatedAt"],
    }  # fmt: skip
    assert clerk.get(f"/finance/expenses/{expense['id']}").json() == expense
    assert clerk.get("/finance/expenses").json()["data"] == [expense]
    assert history_of(tenant, expense["id"]) == [("created", {})]
    assert rows(tenant) == (1, 1, 1)
    assert len(seen) <= 6


def test_only_a_category_and_an_amount_are_needed(clerk, tenant):
    expense = clerk.post("/finance/expenses", {"category": "Rent", "amount": 20000}).json()
    with tenant_context(tenant):
        today = tenant_today().isoformat()
    assert (expense["date"], expense["amount"], expense["gstRate"], expense["gstAmount"]) == (
        today, "20000.00", "0.000", "0.00",
    )  # fmt: skip
    assert (expense["paymentMethod"], expense["vendorName"], expense["vendorGstin"]) == ("", "", "")


@pytest.mark.parametrize(
    ("amount", "rate", "gst"),
    [
        ("1180.00", "18", "180.00"), ("100.00", "5", "4.76"), ("100.00", "28", "21.88"), ("0.01", "18", "0.00"),
        ("9999999999999.99", "40", "2857142857142.85"), ("100.00", "0", "0.00"), ("2.10", "5", "0.10"),
        ("100.00", "100", "50.00"), ("0.01", "100", "0.01"),
    ],
)  # fmt: skip
def test_the_gst_in_an_amount(clerk, amount, rate, gst):
    assert make_expense(clerk, amount=amount, gstRate=rate)["gstAmount"] == gst


@given(
    st.decimals("0.01", "9999999999999.99", places=2, allow_nan=False),
    st.decimals(0, 100, places=3, allow_nan=False),
)
def test_the_gst_in_an_amount_is_exact(amount, rate):
    gst = gst_within(amount, rate)
    exact = Fraction(amount) * Fraction(rate) / (100 + Fraction(rate))
    assert -Fraction(1, 200) < exact - Fraction(gst) <= Fraction(1, 200) or exact - Fraction(
        gst
    ) == -Fraction(1, 200)
    assert gst == gst.quantize(Decimal("0.01"))
    assert 0 <= gst <= amount


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"amount": "0"}, ("amount", "min_value")),
        ({"amount": "-5"}, ("amount", "min_value")),
        ({"amount": "1.001"}, ("amount", "max_decimal_places")),
        ({"amount": "NaN"}, ("amount", "invalid")),
        ({"amount": "1e20"}, ("amount", "max_digits")),
        ({"amount": None}, ("amount", "null")),
        ({"gstRate": "100.001"}, ("gstRate", "max_value")),
        ({"gstRate": "-1"}, ("gstRate", "min_value")),
        ({"gstAmount": "-1"}, ("gstAmount", "min_value")),
        ({"gstAmount": "1180.01"}, ("gstAmount", "max_value")),
        ({"vendorGstin": "27AAPFU0939F1ZX"}, ("vendorGstin", "invalid_gstin")),
        ({"paymentMethod": "barter"}, ("paymentMethod", "invalid_choice")),
        ({"category": ""}, ("category", "blank")),
        ({"category": "x" * 61}, ("category", "max_length")),
        ({"notes": "x" * 5001}, ("notes", "max_length")),
        ({"date": "02/11/2026"}, ("date", "invalid")),
        ({"status": "approved"}, ("status", "invalid_choice")),
        ({"status": "gone"}, ("status", "invalid_choice")),
        ({"receipt": "/files/1"}, ("receipt", "invalid_file")),
        ({"vendor": "x"}, ("vendor", "unknown_field")),
    ],
)
def test_what_is_refused_is_not_stored(clerk, tenant, wrong, error):
    before = rows(tenant)
    assert field_errors(clerk.post("/finance/expenses", expense_body(**wrong))) == {error}
    assert rows(tenant) == before


def test_what_is_missing_is_named(clerk):
    assert field_errors(clerk.post("/finance/expenses", {})) == {
        ("category", "required"),
        ("amount", "required"),
    }


def test_what_was_read_may_be_sent_back(clerk, tenant):
    expense = make_expense(clerk, vendorName="Demo Taxis")
    response = clerk.patch(f"/finance/expenses/{expense['id']}", expense)
    assert (response.status_code, response.json()) == (200, expense)
    assert history_of(tenant, expense["id"]) == [("created", {})]


def test_a_change_is_written_down(clerk, tenant):
    expense = make_expense(clerk)
    response = clerk.patch(f"/finance/expenses/{expense['id']}", {"amount": "118.00", "category": "Hotels"})
    changed = response.json()
    assert (changed["amount"], changed["gstAmount"], changed["version"]) == ("118.00", "18.00", 2)
    assert history_of(tenant, expense["id"])[1] == (
        "updated",
        {"amount": ["1180.00", "118.00"], "category": ["Travel", "Hotels"], "gstAmount": ["180.00", "18.00"]},
    )
    assert listed(clerk, "search=hotels") == [expense["number"]]
    assert listed(clerk, "search=travel") == []


def test_a_gst_given_by_hand_stays_until_the_rate_changes(clerk):
    path = f"/finance/expenses/{make_expense(clerk, gstAmount='17.50')['id']}"
    assert clerk.patch(path, {"amount": "590.00"}).json()["gstAmount"] == "17.50"
    assert clerk.patch(path, {"gstRate": "5"}).json()["gstAmount"] == "28.10"
    assert clerk.patch(path, {"amount": "105.00", "gstAmount": None}).json()["gstAmount"] == "5.00"
    assert clerk.patch(path, {"gstAmount": "4.00"}).json()["gstAmount"] == "4.00"
    assert field_errors(clerk.patch(path, {"amount": "3.99"})) == {("gstAmount", "max_value")}
    assert clerk.get(path).json()["amount"] == "105.00"


def test_another_version_is_412(clerk):
    expense = make_expense(clerk)
    path = f"/finance/expenses/{expense['id']}"
    clerk.patch(path, {"notes": "first"})
    assert problem(clerk.patch(path, {"notes": "second"}, headers={"If-Match": '"1"'})) == (
        412,
        "version_mismatch",
    )
    assert problem(clerk.delete(path, headers={"If-Match": '"1"'})) == (412, "version_mismatch")
    assert clerk.get(path).json()["notes"] == "first"


def test_delete_gives_the_count_back_and_not_the_number(clerk, tenant):
    expense = make_expense(clerk)
    assert clerk.delete(f"/finance/expenses/{expense['id']}").status_code == 204
    assert clerk.get(f"/finance/expenses/{expense['id']}").status_code == 404
    assert rows(tenant) == (0, 2, 0)
    assert make_expense(clerk)["number"] == "EX-00002"


def test_a_key_makes_one_expense(clerk, tenant):
    key = {"Idempotency-Key": "once"}
    first, second = (clerk.post("/finance/expenses", expense_body(), headers=key) for _ in range(2))
    assert (first.json(), second["Idempotency-Replayed"]) == (second.json(), "true")
    assert rows(tenant) == (1, 1, 1)


@pytest.fixture
def three(clerk):
    """Numbers of a taxi of 2 November, a hotel of 5 November, and a taxi of 5 October."""
    taxi = make_expense(clerk, vendorName="Demo Taxis", reference="ABC 123", amount="50")
    hotel = make_expense(
        clerk, category="Hotels", vendorName="Sample Inn", date="2026-11-05", vendorGstin=GSTIN
    )
    old = make_expense(clerk, vendorName="DEMO taxis & co", date="2026-10-05", amount="700")
    return tuple(one["number"] for one in (taxi, hotel, old))


def test_lists_are_narrowed(clerk, three):
    taxi, hotel, old = three
    assert listed(clerk) == [hotel, taxi, old]
    assert listed(clerk, "dateFrom=2026-11-02") == [hotel, taxi]
    assert listed(clerk, "dateTo=2026-11-02") == [taxi, old]
    assert listed(clerk, "dateFrom=2026-11-02&dateTo=2026-11-02") == [taxi]
    assert listed(clerk, "category=hotels") == [hotel]
    assert listed(clerk, "category=HOTELS, travel") == [hotel, taxi, old]
    assert listed(clerk, "vendorName=demo TAXIS") == [taxi, old]
    assert listed(clerk, "vendorName=is %26 c") == [old]
    assert listed(clerk, "vendorName=travel") == []
    assert listed(clerk, "search=abc 12") == [taxi]
    assert listed(clerk, f"search={hotel.lower()}") == [hotel]
    assert listed(clerk, f"search={GSTIN[2:12]}") == [hotel]
    assert listed(clerk, "search=travel&dateTo=2026-10-31") == [old]
    assert listed(clerk, "status=approved") == []
    assert listed(clerk, "status=pending,paid") == [hotel, taxi, old]
    assert listed(clerk, "createdTo=2020-01-01") == []


def test_lists_are_sorted(clerk, three):
    taxi, hotel, old = three
    assert listed(clerk, "sortBy=date&sortOrder=asc") == [old, taxi, hotel]
    assert listed(clerk, "sortBy=amount&sortOrder=desc") == [hotel, old, taxi]
    assert listed(clerk, "sortBy=vendorName") == [taxi, old, hotel]
    assert listed(clerk, "sortBy=createdAt&sortOrder=desc") == [old, hotel, taxi]
    assert field_errors(clerk.get("/finance/expenses?sortBy=notes")) == {("sortBy", "invalid_choice")}


def test_a_cursor_walks_the_dates(clerk, three):
    seen, query = [], "limit=1"
    while query:
        page = clerk.get(f"/finance/expenses?{query}").json()
        seen += [row["number"] for row in page["data"]]
        cursor = page["pagination"]["nextCursor"]
        query = f"limit=1&cursor={cursor}" if cursor else ""
    assert seen == [three[1], three[0], three[2]]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("status=open", ("status", "invalid_choice")), ("dateFrom=1.1.2026", ("dateFrom", "invalid")),
        ("vendor=x", ("vendor", "unknown_parameter")),
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused(clerk, query, error):
    assert field_errors(clerk.get(f"/finance/expenses?{query}")) == {error}


def test_the_export_is_the_list(clerk, three):
    response = clerk.get("/finance/expenses/export?dateFrom=2026-11-01")
    lines = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert lines[0] == [
        "number", "date", "category", "amount", "gstRate", "gstAmount", "vendorName", "vendorGstin", "paymentMethod",
        "reference", "status", "notes", "createdBy", "createdAt", "updatedAt",
    ]  # fmt: skip
    assert lines[1][:13] == [
        three[1], "2026-11-05", "Hotels", "1180.00", "18.000", "180.00", "Sample Inn", GSTIN, "", "", "pending", "",
        clerk.user.email,
    ]  # fmt: skip
    assert [line[0] for line in lines[2:]] == [three[0]]


def test_scopes(member, tenant):
    mine, theirs = (member(finance=EVERYTHING, scope="own") for _ in range(2))
    expense = make_expense(mine)
    path = f"/finance/expenses/{expense['id']}"
    assert (listed(mine), listed(theirs)) == ([expense["number"]], [])
    for response in (theirs.get(path), theirs.patch(path, {"notes": "x"}), theirs.delete(path)):
        assert problem(response) == (404, "not_found")
    assert listed(member(finance=["view"])) == [expense["number"]]


@pytest.mark.parametrize(
    "values",
    [
        {"amount": 0}, {"gst_amount": 101}, {"gst_amount": -1}, {"gst_rate": 101},
        {"status": "gone"}, {"payment_method": "barter"},
    ],
)  # fmt: skip
def test_the_database_holds_the_rules_too(clerk, tenant, values):
    expense = make_expense(clerk, amount="100.00")
    with tenant_context(tenant), pytest.raises(IntegrityError), transaction.atomic():
        Expense.objects.filter(id=expense["id"]).update(**values)
