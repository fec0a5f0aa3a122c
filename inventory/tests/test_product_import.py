"""Products by file: what is read, created, changed and refused; what was exported imports again."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.tests.imports import codes, counts, csv_text, error_file, run_tasks, upload
from inventory.imports import ProductImport
from inventory.models import Product, StockMovement
from inventory.tests.products import EVERYTHING, make
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.imports import engine
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import enter_tenant, tenant_context
from nextgenerp.testing.books import assert_books_are_clean
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat

PATH = "/inventory/products/import"
VOLATILE = {"createdAt", "updatedAt"}


@pytest.fixture
def client(member):
    return member("tenant_admin")


def imported(client, rows, **options):
    return upload(client, csv_text(rows), path=PATH, name="products.csv", **options)


def by_sku(client):
    return {one["sku"]: one for one in client.get("/inventory/products?limit=100").json()["data"]}


def export(client):
    response = client.get("/inventory/products/export?sortBy=sku&sortOrder=asc")
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def comparable(text):
    """The rows of an export without the instants."""
    rows = csv.DictReader(io.StringIO(text.decode("utf-8-sig")))
    return [{name: value for name, value in row.items() if name not in VOLATILE} for row in rows]


def test_a_file_of_every_column(client, tenant):
    answer = imported(client, [
        ["Item Code", "Product Name", "Type", "Group", "UOM", "HSN/SAC", "GST %", "Selling Price", "Cost Price",
         "Tax Mode", "Track Stock", "Min Stock", "Opening Qty", "Opening Rate", "Active"],
        ["C-1", "Copper cable", "Goods", "Cables", "MTR", "8544.42.99", "18%", "₹1,295.50", "61.25",
         "Inclusive", "yes", "10", "12.5", "60", "yes"],
        ["S-1", "Fitting", "Service", "", "", "998731", "", "500", "", "", "", "", "", "", "no"],
        ["C-2", "Steel cable", "", "", "", "", "", "", "7", "", "", "", "2", "", ""],
    ])  # fmt: skip
    assert counts(answer) == (3, 3, 0, 0, 0, 0)
    found = by_sku(client)
    ignored = {"id", "version", "createdAt", "updatedAt"}
    assert {name: value for name, value in found["C-1"].items() if name not in ignored} == {
        "sku": "C-1", "name": "Copper cable", "type": "goods", "category": "Cables", "unit": "MTR",
        "hsnSac": "85444299", "gstRate": "18.000", "salePrice": "1295.5000", "purchasePrice": "61.2500",
        "taxMode": "inclusive", "trackStock": True, "reorderLevel": "10.000", "onHand": "12.500", "reserved": "0.000",
        "available": "12.500", "averageCost": "60.0000", "stockValue": "750.00", "isActive": True,
    }  # fmt: skip
    service = found["S-1"]
    assert (service["type"], service["trackStock"], service["isActive"], service["unit"]) == (
        "service", False, False, "NOS",
    )  # fmt: skip
    assert (found["C-2"]["stockValue"], found["C-2"]["averageCost"]) == ("14.00", "7.0000")
    [opening] = client.get(f"/inventory/stock/{found['C-2']['id']}").json()["data"]
    assert (opening["type"], opening["seq"], opening["createdById"]) == ("opening", 1, str(client.seat.id))
    assert_books_are_clean(tenant)
    with tenant_context(tenant):
        assert entitlements.used("products") == 3
        assert HistoryEntry.objects.filter(import_id=answer.json()["id"], action="created").count() == 3


def test_an_import_derives_what_a_product_does(client, tenant):
    imported(client, [["sku", "name", "category", "hsnSac"], [" Straße  1", "Grün  Ｔüte", "Ä B", "8471"]])
    with tenant_context(tenant):
        product = Product.objects.get()
        found = [getattr(product, name) for name in ("sku_key", "name_key", "search_text")]
        product.derive()
        assert found == [product.sku_key, product.name_key, product.search_text]


def test_rows_are_refused_one_by_one(client, tenant):
    answer = imported(client, [
        ["sku", "name", "type", "hsnSac", "gstRate", "salePrice", "trackStock", "openingStock", "isActive"],
        ["A", "Good", "", "", "", "", "", "", ""],
        ["", "No SKU", "", "", "", "", "", "", ""],
        ["B", "", "", "", "", "", "", "", ""],
        ["C", "Bad", "thing", "", "", "", "", "", ""],
        ["D", "Bad", "", "123", "", "", "", "", ""],
        ["E", "Bad", "", "", "17", "", "", "", ""],
        ["F", "Bad", "", "", "101", "", "", "", ""],
        ["G", "Bad", "", "", "", "-1", "", "", ""],
        ["H", "Bad", "", "", "", "1.23456", "", "", ""],
        ["I", "Bad", "service", "", "", "", "yes", "", ""],
        ["J", "Bad", "service", "", "", "", "", "1", ""],
        ["K", "Bad", "", "", "", "", "no", "1", ""],
        ["L", "Bad", "", "", "", "", "", "-1", ""],
        ["M", "Bad", "", "", "", "", "", "", "perhaps"],
        ["N", "Bad", "", "", "", "", "", "9999999999999", ""],
    ])  # fmt: skip
    assert counts(answer) == (15, 1, 0, 0, 14, 0)
    assert codes(answer) == [
        (3, "sku", "required"), (4, "name", "required"), (5, "type", "invalid_choice"), (6, "hsnSac", "invalid"),
        (7, "gstRate", "invalid_rate"), (8, "gstRate", "max_value"), (9, "salePrice", "min_value"),
        (10, "salePrice", "max_decimal_places"), (11, "trackStock", "invalid"), (12, "openingStock", "not_tracked"),
        (13, "openingStock", "not_tracked"), (14, "openingStock", "min_value"), (15, "isActive", "invalid_boolean"),
        (16, "openingStock", "max_digits"),
    ]  # fmt: skip
    assert list(by_sku(client)) == ["A"]
    corrected = error_file(client, answer).replace(",17,", ",18,")
    assert counts(upload(client, corrected, path=PATH, name="products.csv"))[:2] == (14, 1)
    assert set(by_sku(client)) == {"A", "E"}


def test_a_known_sku_is_skipped_refused_or_changed(client, tenant):
    product = make(client, sku="Cable-1", name="Old", openingStock=3, openingCost=2)
    rows = [["sku", "name", "salePrice", "openingStock"], ["CABLE-1", "New", "9.5", "50"]]
    assert counts(imported(client, rows)) == (1, 0, 0, 1, 0, 0)
    refused = imported(client, rows, onDuplicate="error")
    assert (counts(refused)[4], codes(refused)[0][2]) == (1, "duplicate")
    again = imported(client, rows, onDuplicate="create")
    assert counts(again) == (1, 0, 0, 0, 1, 0)
    assert client.get(f"/inventory/products/{product['id']}").json() == product
    assert counts(imported(client, rows, onDuplicate="update")) == (1, 0, 1, 0, 0, 0)
    changed = client.get(f"/inventory/products/{product['id']}").json()
    assert (changed["sku"], changed["name"], changed["salePrice"], changed["version"]) == (
        "CABLE-1", "New", "9.5000", 2,
    )  # fmt: skip
    assert (changed["onHand"], changed["stockValue"]) == ("3.000", "6.00")
    with tenant_context(tenant):
        entry = HistoryEntry.objects.get(record_id=product["id"], action="updated")
        assert entry.changes == {
            "sku": ["Cable-1", "CABLE-1"], "name": ["Old", "New"], "salePrice": ["0.0000", "9.5"],
        }  # fmt: skip
    assert_books_are_clean(tenant)


def test_a_row_without_an_sku_is_found_by_its_name(client):
    first, _, _ = make(client, name="Cable"), make(client, name="Twin"), make(client, name="twin")
    rows = [["name", "salePrice"], ["CABLE", "5"], ["Twin", "5"], ["Unknown", "5"]]
    answer = imported(client, rows, onDuplicate="update")
    assert counts(answer) == (3, 0, 1, 0, 2, 0)
    assert [code for _, _, code in codes(answer)] == ["ambiguous_match", "required"]
    assert client.get(f"/inventory/products/{first['id']}").json()["salePrice"] == "5.0000"
    other = [["sku", "name"], ["NEW-1", "Cable"]]
    assert counts(imported(client, other, dryRun=True))[:2] == (1, 1)
    assert counts(imported(client, other, matchOn=["name"])) == (1, 0, 0, 1, 0, 0)
    assert counts(imported(client, rows[:2], matchOn=["sku"])) == (1, 0, 0, 0, 1, 0)


def test_tracking_is_held_to_the_stock_there_is(client, tenant):
    full, empty = make(client, sku="FULL", openingStock=1), make(client, sku="EMPTY")
    make(client, sku="SERVICE", type="service")
    answer = imported(client, [
        ["sku", "type", "trackStock"], ["FULL", "", "no"], ["FULL", "service", ""], ["EMPTY", "service", ""],
        ["SERVICE", "", "yes"],
    ], onDuplicate="update")  # fmt: skip
    assert counts(answer) == (4, 0, 1, 0, 3, 0)
    found = by_sku(client)
    assert (found["FULL"]["type"], found["FULL"]["trackStock"]) == ("goods", True)
    assert (found["EMPTY"]["type"], found["EMPTY"]["trackStock"]) == ("service", False)
    assert found["SERVICE"]["trackStock"] is False
    assert (full["version"], found["FULL"]["version"], found["EMPTY"]["version"]) == (
        1,
        1,
        empty["version"] + 1,
    )


def test_a_sku_twice_in_a_file_is_there_once(client):
    rows = [["sku", "name", "openingStock"], ["A-1", "First", "1"], ["a-1", "Second", "2"]]
    assert counts(imported(client, rows)) == (2, 1, 0, 1, 0, 0)
    rows[1][0], rows[2][0] = "B-1", "b-1"
    assert counts(imported(client, rows, onDuplicate="update")) == (2, 1, 1, 0, 0, 0)
    found = by_sku(client)
    assert (found["A-1"]["name"], found["A-1"]["onHand"]) == ("First", "1.000")
    assert (found["b-1"]["name"], found["b-1"]["onHand"]) == ("Second", "2.000")


def test_rows_over_the_limit_fail(client, tenant, monkeypatch):
    monkeypatch.setattr(entitlements, "_provider", lambda one: Entitlements({"products": 2}))
    rows = [["sku", "name", "openingStock"], *([f"A-{n}", "Demo", "1"] for n in range(4))]
    answer = imported(client, rows)
    assert counts(answer) == (4, 2, 0, 0, 2, 0)
    assert {code for _, _, code in codes(answer)} == {"plan_limit_reached"}
    with tenant_context(tenant):
        assert StockMovement.objects.count() == 2


def test_a_dry_run_stores_nothing(client, tenant):
    assert (
        counts(imported(client, [["sku", "name", "openingStock"], ["A", "Demo", "1"]], dryRun=True))[1] == 1
    )
    with tenant_context(tenant):
        assert not Product.objects.exists()
        assert not StockMovement.objects.exists()


def test_undo_leaves_what_has_stock(client, tenant):
    answer = imported(client, [["sku", "name", "openingStock"], ["A", "Demo", "1"], ["B", "Demo", ""]])
    undone = client.post(f"/imports/{answer.json()['id']}/undo").json()
    assert (undone["removed"], undone["kept"]) == (1, 1)
    assert list(by_sku(client)) == ["A"]
    assert_books_are_clean(tenant)


def test_importing_needs_its_grants(member):
    rows = [["sku", "name"], ["A", "Demo"]]
    assert imported(member(inventory=["view"]), rows).status_code == 403
    assert imported(member(inventory=["create"]), rows, onDuplicate="update").json()["action"] == "canEdit"


def test_a_large_file_is_left_to_the_worker(committed_tenant, monkeypatch):
    monkeypatch.setattr(engine, "INLINE_ROWS", 10)
    monkeypatch.setattr(engine, "BATCH_ROWS", 40)
    client = Client(make_seat(committed_tenant, "tenant_admin"))
    rows = [
        ["sku", "name", "openingStock", "openingCost"],
        *([f"A-{n}", f"Demo {n}", "2", "1.5"] for n in range(100)),
    ]
    answer = imported(client, rows)
    assert answer.status_code == 202
    run_tasks(committed_tenant)
    assert counts(client.get(answer["Location"])) == (100, 100, 0, 0, 0, 0)
    assert client.get("/inventory/summary").json()["stockValue"] == "300.00"
    assert_books_are_clean(committed_tenant)


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]) | st.sampled_from(" =+-@'\";,"),
    min_size=1, max_size=12,
)  # fmt: skip
PRICES = st.decimals(min_value=0, max_value="99999.9999", places=4).map(str)
ROWS = st.lists(
    st.fixed_dictionaries({
        "sku": TEXT, "name": TEXT, "category": st.just("") | TEXT,
        "type": st.sampled_from(["goods", "goods", "service"]),
        "unit": TEXT, "hsnSac": st.sampled_from(["", "0402", "847130", "84713010"]),
        "gstRate": st.sampled_from(["0", "0.25", "5", "18"]), "salePrice": PRICES, "purchasePrice": PRICES,
        "taxMode": st.sampled_from(["exclusive", "inclusive"]), "trackStock": st.booleans(),
        "reorderLevel": st.decimals(min_value=0, max_value=1000, places=3).map(str),
        "openingStock": st.decimals(min_value=0, max_value="99999.999", places=3).map(str), "openingCost": PRICES,
        "isActive": st.booleans(),
    }),
    max_size=6,
)  # fmt: skip


@given(rows=ROWS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_exported_imports_again(tenant, other_tenant, member, rows):
    """Into another tenant, the stock opened with it: the same export; into its own: no change."""
    every = {"inventory": EVERYTHING}
    here, there = member(tenant=tenant, **every), member(tenant=other_tenant, **every)
    for one in (tenant, other_tenant):
        enter_tenant(one)
        with_stock = StockMovement.objects.values("product")
        Product.objects.exclude(id__in=with_stock).delete()
    for row in rows:
        if row["type"] == "service" or not row["trackStock"]:
            row |= {"trackStock": False, "openingStock": "0"}
        assert here.post("/inventory/products", row).status_code in {201, 400, 409}, row
    mine = export(here)
    answer = upload(there, mine, path=PATH, name="products.csv", onDuplicate="skip", matchOn=["sku"])
    assert counts(answer)[4] == 0, codes(answer)
    skus = {row["sku"] for row in comparable(mine)}
    theirs = [row for row in comparable(export(there)) if row["sku"] in skus]
    assert theirs == comparable(mine)
    answer = upload(here, mine, path=PATH, name="products.csv", onDuplicate="update")
    assert counts(answer)[1:] == (0, len(comparable(mine)), 0, 0, 0)
    assert export(here) == mine


def test_every_column_of_an_export_that_can_be_written_is_imported(client):
    make(client, openingStock=1)
    header = next(csv.reader(io.StringIO(export(client).decode("utf-8-sig"))))
    answer = upload(client, export(client), path=PATH, name="products.csv", onDuplicate="update")
    assert counts(answer) == (1, 0, 1, 0, 0, 0)
    names = {column.name for column in ProductImport.columns(ProductImport.__new__(ProductImport))}
    derived = {"onHand", "reserved", "available", "averageCost", "stockValue", *VOLATILE}
    assert set(header) - derived == names - {"openingStock", "openingCost"}
