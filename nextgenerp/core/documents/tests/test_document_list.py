"""Lists of documents: rows with totals and without lines, filters, search, sorts, the export."""

import csv
import io

import pytest

from nextgenerp.core.documents.tests.estimates import (
    BENGALURU,
    GRANTS,
    KARNATAKA,
    change,
    customer,
    errors,
    estimate,
    line,
    read,
)


@pytest.fixture
def three(client):
    """Three estimates of two customers: A of 118, B of 236, C of 354 rupees, dated the first to the third."""
    ash = customer(client, name="Ash Traders")
    birch = customer(
        client, name="Birch Mills", gstin=KARNATAKA, gstCategory="registered", billingAddress=BENGALURU
    )
    values = (
        (ash, "PO-1117", "1", "2026-11-01"),
        (birch, "PO-2227", "2", "2026-11-02"),
        (ash, "", "3", "2026-11-03"),
    )
    made = {}
    for name, (buyer, reference, quantity, day) in zip("ABC", values, strict=True):
        made[name] = estimate(
            client, customerId=buyer["id"], referenceNo=reference, date=day,
            lines=[line(quantity=quantity), line(quantity="1", unitPrice="0")],
        )  # fmt: skip
    return made


def listed(client, made, query=""):
    """The names of the estimates in a list, in its order."""
    response = client.get(f"/estimates?{query}")
    assert response.status_code == 200, response.content
    names = {one["id"]: name for name, one in made.items()}
    return "".join(names[row["id"]] for row in response.json()["data"])


def test_a_row_is_the_document_without_its_lines(client, three):
    rows = client.get("/estimates").json()["data"]
    documents = [read(client, three[name]["id"]) for name in "CBA"]
    assert rows == [{key: one[key] for key in one if key != "lines"} for one in documents]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "CBA"),
        ("sortOrder=asc", "ABC"),
        ("sortBy=number", "ABC"),
        ("sortBy=payable&sortOrder=desc", "CBA"),
        ("sortBy=createdAt", "ABC"),
        ("dateFrom=2026-11-02", "CB"),
        ("dateTo=2026-11-02", "BA"),
        ("dateFrom=2026-11-02&dateTo=2026-11-02", "B"),
        ("amountFrom=118.00&amountTo=236", "BA"),
        ("amountFrom=118.01", "CB"),
        ("amountTo=117.99", ""),
        ("customerId=01a21540-0000-7000-8000-000000000000", ""),
        ("customerId=x", ""),
        ("ownerId=01a21540-0000-7000-8000-000000000000", ""),
        ("search=0002", "B"),
        ("search=26-27", "CBA"),
        ("search=qt/26", "CBA"),
        ("search=po-1117", "A"),
        ("search=po", "BA"),  # two letters: at the beginning of a word
        ("search=00", ""),
        ("search=ash", "CA"),
        ("search=BIRCH mills", "B"),
        ("search=ash&dateTo=2026-11-02", "A"),
        (f"search={KARNATAKA}", "B"),
        ("search=nobody", ""),
        ("search=%25", ""),
    ],
)
def test_filters_and_sorts(client, three, query, names):
    assert listed(client, three, query) == names


def test_filters_by_the_ids_of_others(client, three):
    a, b = three["A"], three["B"]
    assert listed(client, three, f"customerId={a['customerId']}") == "CA"
    assert listed(client, three, f"customerId={a['customerId']},{b['customerId']}") == "CBA"
    assert listed(client, three, f"ownerId={client.seat.id}") == "CBA"
    change(client, b, ownerId=None)
    assert listed(client, three, f"ownerId={client.seat.id}") == "CA"


def test_a_customer_of_many_is_found_too(client, three, monkeypatch):
    """More customers than are named by their ids: the same documents."""
    for number in range(2):
        customer(client, name=f"Ash {number}")
    monkeypatch.setattr("nextgenerp.core.documents.search.FEW", 2)
    assert listed(client, three, "search=ash") == "CA"
    assert listed(client, three, "search=birch") == "B"


@pytest.mark.parametrize(
    "query",
    ["amountFrom=x", "amountFrom=NaN", "amountFrom=1e400", "amountTo=1.001", "dateFrom=1.1.2026", "sortBy=customer",
     "status=draft"],
)  # fmt: skip
def test_what_is_no_filter(client, query):
    assert {field for field, _ in errors(client.get(f"/estimates?{query}"))} == {query.split("=")[0]}


def test_a_list_is_read_with_as_many_queries_as_one_row(client, three, queries):
    counts = []
    for query in ("limit=1&amountTo=118", "limit=100", "search=ash"):
        with queries() as seen:
            client.get(f"/estimates?{query}")
        counts.append(len(seen))
    assert counts == [3, 3, 4]


def test_only_ones_own_are_seen(client, member, three):
    other = member(scope="own", **GRANTS)
    assert listed(other, three) == ""
    change(client, three["B"], ownerId=str(other.seat.id))
    assert listed(other, three) == "B"
    assert other.get(f"/estimates/{three['A']['id']}").status_code == 404
    assert other.get(f"/estimates/{three['A']['id']}/pdf").status_code == 404
    assert other.get(f"/estimates/{three['B']['id']}/pdf").status_code == 200


def test_the_export_has_the_lists_rows(client, three):
    response = client.get("/estimates/export?search=ash")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    names = ("date", "customer", "referenceNo", "placeOfSupply", "taxableValue", "cgst", "igst", "payable")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("2026-11-03", "Ash Traders", "", "27", "300.00", "27.00", "0.00", "354.00"),
        ("2026-11-01", "Ash Traders", "PO-1117", "27", "100.00", "9.00", "0.00", "118.00"),
    ]
    assert rows[0]["owner"] == client.seat.user.email
