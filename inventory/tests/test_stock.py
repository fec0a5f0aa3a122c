"""Stock in, out and adjusted over HTTP: the ledger, its figures, and what is refused."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from inventory.models import Product, StockMovement
from inventory.tests.products import body, field_errors, make
from nextgenerp.core.tenancy import tenant_context, tenant_today
from nextgenerp.testing.books import assert_books_are_clean, problems_of

NOBODYS = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"


@pytest.fixture
def client(member):
    return member("tenant_admin")


def move(client, how, product, **values):
    response = client.post(f"/inventory/stock/{how}", {"productId": product["id"], **values})
    assert response.status_code == 201, response.content
    assert response["Location"] == f"/inventory/stock/{product['id']}"
    return response.json()


def figures(client, product):
    """On hand, reserved, available, average cost and value, as texts."""
    found = client.get(f"/inventory/products/{product['id']}").json()
    return tuple(found[name] for name in ("onHand", "reserved", "available", "averageCost", "stockValue"))


def ledger(client, product, query=""):
    response = client.get(f"/inventory/stock/{product['id']}?{query}")
    assert response.status_code == 200, response.content
    return response.json()["data"]


def test_the_worked_case(client):
    """As published in Odoo's tests of the average cost."""
    product = make(client)
    steps = [
        ("in", {"quantity": 60, "unitCost": "15.00"}, "900.00", ("60.000", "900.00", "15.0000")),
        ("in", {"quantity": 140, "unitCost": "15.50"}, "2170.00", ("200.000", "3070.00", "15.3500")),
        ("out", {"quantity": 190, "reason": "sale"}, "-2916.50", ("10.000", "153.50", "15.3500")),
        ("in", {"quantity": 70, "unitCost": "16.00"}, "1120.00", ("80.000", "1273.50", "15.9188")),
        ("out", {"quantity": 30, "reason": "sale"}, "-477.56", ("50.000", "795.94", "15.9188")),
        ("out", {"quantity": 50, "reason": "sale"}, "-795.94", ("0.000", "0.00", "15.9188")),
    ]
    for seq, (how, values, value, after) in enumerate(steps, 1):
        moved = move(client, how, product, **values)
        assert (moved["seq"], moved["value"]) == (seq, value)
        assert (moved["balanceAfter"], moved["valueAfter"], moved["averageCostAfter"]) == after
        assert figures(client, product) == (after[0], "0.000", after[0], after[2], after[1])
    assert [row["seq"] for row in ledger(client, product)] == [6, 5, 4, 3, 2, 1]


def test_a_movement_says_all(client):
    product = make(client)
    moved = move(
        client, "in", product, quantity="2.5", unitCost="3.3333", reason="purchase", reference="GRN-7",
        date="2026-01-31",
    )  # fmt: skip
    assert ledger(client, product) == [moved]
    assert moved.pop("createdAt").endswith("Z")
    seat = client.seat
    assert len(moved.pop("id")) == 36
    assert moved == {
        "productId": product["id"], "seq": 1, "type": "in", "quantity": "2.500", "unitCost": "3.3333",
        "value": "8.33", "balanceAfter": "2.500", "valueAfter": "8.33", "averageCostAfter": "3.3320",
        "reason": "purchase", "reference": {"type": "manual", "id": None, "number": "GRN-7"}, "date": "2026-01-31",
        "createdById": str(seat.id), "createdBy": {"id": str(seat.id), "name": f"{seat.first_name} {seat.last_name}"},
    }  # fmt: skip


def test_a_reference_may_be_sent_back_as_it_was_answered(client, tenant):
    product = make(client)
    for sent, answered in [
        ({"type": "delivery", "id": NOBODYS, "number": "GRN-8"}, {"type": "manual", "id": None, "number": "GRN-8"}),
        (None, None), ("", None), ({"number": ""}, None),
    ]:  # fmt: skip
        moved = move(client, "in", product, quantity=1, reference=sent)
        assert moved["reference"] == answered
        assert ledger(client, product)[0]["reference"] == answered
    with tenant_context(tenant):
        today = tenant_today().isoformat()
    assert moved["date"] == today


def test_opening_stock_is_a_movement(client):
    product = make(client, openingStock="10", openingCost="2.5")
    assert figures(client, product) == ("10.000", "0.000", "10.000", "2.5000", "25.00")
    assert product["onHand"] == product["available"] == "10.000"
    assert (product["stockValue"], product["averageCost"]) == ("25.00", "2.5000")
    [row] = ledger(client, product)
    assert (row["seq"], row["type"], row["quantity"], row["value"]) == (1, "opening", "10.000", "25.00")
    assert "openingStock" not in product
    response = client.patch(f"/inventory/products/{product['id']}", {"openingStock": "5"})
    assert field_errors(response) == {("openingStock", "unknown_field")}


def test_opening_stock_costs_the_purchase_price_unless_told(client):
    assert make(client, openingStock="3", purchasePrice="7.25")["stockValue"] == "21.75"
    assert make(client, openingStock="3", purchasePrice="7.25", openingCost="0")["stockValue"] == "0.00"
    known = make(client, openingCost="4")
    assert (known["averageCost"], ledger(client, known)) == ("4.0000", [])
    assert move(client, "in", known, quantity=2)["value"] == "8.00"


@pytest.mark.parametrize("values", [{"type": "service"}, {"trackStock": False}])
def test_what_has_no_stock_is_refused_some(values, client, tenant):
    response = client.post("/inventory/products", body(openingStock="1", **values))
    assert field_errors(response) == {("openingStock", "not_tracked")}
    product = make(client, **values)
    for how, more in [
        ("in", {"quantity": 1}), ("out", {"quantity": 1, "reason": "sale"}),
        ("adjust", {"delta": 1, "reason": "found"}),
    ]:  # fmt: skip
        response = client.post(f"/inventory/stock/{how}", {"productId": product["id"], **more})
        assert field_errors(response) == {("productId", "not_tracked")}
    with tenant_context(tenant):
        assert not StockMovement.objects.exists()


def test_without_a_cost_stock_comes_in_at_the_average_or_the_purchase_price(client):
    product = make(client, purchasePrice="9")
    assert move(client, "in", product, quantity=1)["value"] == "9.00"
    move(client, "in", product, quantity=1, unitCost=11)
    assert move(client, "in", product, quantity=1)["value"] == "10.00"
    move(client, "out", product, quantity=3, reason="sale")
    assert move(client, "in", product, quantity=2)["value"] == "20.00"
    assert move(client, "adjust", product, delta=1, reason="found")["value"] == "10.00"
    assert move(client, "adjust", product, delta=1, reason="found", unitCost="4.25")["value"] == "4.25"


def test_the_last_unit_takes_all_the_value_that_is_left(client):
    product = make(client)
    move(client, "in", product, quantity=3, unitCost="3.3333")
    values = [move(client, "out", product, quantity=1, reason="damage")["value"] for _ in range(3)]
    assert values == ["-3.33", "-3.34", "-3.33"]
    assert figures(client, product) == ("0.000", "0.000", "0.000", "3.3300", "0.00")


def test_adjusting_counts_or_corrects(client):
    product = make(client, openingStock=10, openingCost=5)
    down = move(client, "adjust", product, newQuantity="7.5", reason="counted")
    assert (down["type"], down["quantity"], down["value"]) == ("adjust", "-2.500", "-12.50")
    up = move(client, "adjust", product, newQuantity=8, reason="counted", unitCost=6)
    assert (up["quantity"], up["value"], up["unitCost"]) == ("0.500", "3.00", "6.0000")
    same = move(client, "adjust", product, newQuantity=8, reason="counted again")
    assert (same["quantity"], same["value"], same["seq"]) == ("0.000", "0.00", 4)
    gone = move(client, "adjust", product, newQuantity=0, reason="stolen")
    assert (gone["quantity"], gone["valueAfter"]) == ("-8.000", "0.00")
    assert move(client, "adjust", product, delta="2", reason="found")["value"] == "10.13"


@pytest.mark.parametrize(("how", "values", "requested"), [
    ("out", {"quantity": "3.001", "reason": "sale"}, "3.001"), ("adjust", {"delta": "-3.5", "reason": "lost"}, "3.500"),
    ("out", {"quantity": "999999999999.999", "reason": "other"}, "999999999999.999"),
])  # fmt: skip
def test_more_than_there_is_is_refused_with_the_figures(how, values, requested, client):
    product = make(client, openingStock=3, openingCost=1)
    response = client.post(f"/inventory/stock/{how}", {"productId": product["id"], **values})
    assert response.status_code == 409
    problem = response.json()
    shortage = {
        "productId": product["id"], "onHand": "3.000", "reserved": "0.000", "available": "3.000",
        "requested": requested,
    }  # fmt: skip
    assert (problem["code"], problem["shortages"]) == ("insufficient_stock", [shortage])
    assert shortage.items() <= problem.items()
    assert len(ledger(client, product)) == 1
    assert figures(client, product) == ("3.000", "0.000", "3.000", "1.0000", "3.00")


@pytest.mark.parametrize(("how", "values", "error"), [
    ("in", {"quantity": 0}, ("quantity", "min_value")), ("in", {"quantity": "-1"}, ("quantity", "min_value")),
    ("in", {"quantity": "0.0005"}, ("quantity", "max_decimal_places")), ("in", {}, ("quantity", "required")),
    ("in", {"quantity": "Infinity"}, ("quantity", "invalid")),
    ("in", {"quantity": "1e12"}, ("quantity", "max_whole_digits")),
    ("in", {"quantity": 1, "unitCost": "-1"}, ("unitCost", "min_value")),
    ("in", {"quantity": 1, "unitCost": "1.00001"}, ("unitCost", "max_decimal_places")),
    ("in", {"quantity": 1, "date": "31/01/2026"}, ("date", "invalid")),
    ("in", {"quantity": 1, "reference": ["x"]}, ("reference", "invalid")),
    ("in", {"quantity": 1, "reference": "x" * 61}, ("reference", "max_length")),
    ("in", {"quantity": 1, "supplier": "x"}, ("supplier", "unknown_field")),
    ("in", {"quantity": 1, "productId": NOBODYS}, ("productId", "does_not_exist")),
    ("in", {"quantity": 1, "productId": "nothing"}, ("productId", "does_not_exist")),
    ("in", {"quantity": 1, "productId": None}, ("productId", "null")),
    ("out", {"quantity": 1}, ("reason", "required")),
    ("out", {"quantity": 1, "reason": "theft"}, ("reason", "invalid_choice")),
    ("adjust", {"delta": 1}, ("reason", "required")), ("adjust", {"reason": "x"}, ("newQuantity", "required")),
    ("adjust", {"reason": "x", "delta": 1, "newQuantity": 1}, ("newQuantity", "required")),
    ("adjust", {"reason": "x", "delta": 0}, ("delta", "min_value")),
    ("adjust", {"reason": "x", "newQuantity": -1}, ("newQuantity", "min_value")),
])  # fmt: skip
def test_bad_values_are_named(how, values, error, client):
    product = make(client)
    response = client.post(f"/inventory/stock/{how}", {"productId": product["id"], **values})
    assert field_errors(response) == {error}
    assert ledger(client, product) == []


def test_values_beyond_the_columns_are_refused(client):
    product = make(client)
    body = {"productId": product["id"], "quantity": "999999999999.999", "unitCost": "99999999999.9999"}
    response = client.post("/inventory/stock/in", body)
    assert field_errors(response) == {("quantity", "max_value")}
    assert ledger(client, product) == []
    move(client, "in", product, quantity="999999999999.999", unitCost="0.0001")
    assert field_errors(client.post("/inventory/stock/in", body | {"quantity": "0.001"})) == {
        ("quantity", "max_value")
    }


def test_tracking_ends_only_without_stock(client):
    product = make(client, openingStock=1)
    path = f"/inventory/products/{product['id']}"
    for change in ({"trackStock": False}, {"type": "service"}):
        response = client.patch(path, change)
        assert (response.status_code, response.json()["code"]) == (409, "conflict")
        assert response.json()["onHand"] == "1.000"
    move(client, "out", product, quantity=1, reason="sample")
    assert client.patch(path, {"trackStock": False}).json()["trackStock"] is False
    response = client.post("/inventory/stock/in", {"productId": product["id"], "quantity": 1})
    assert field_errors(response) == {("productId", "not_tracked")}


def test_a_product_with_movements_is_not_deleted(client):
    product = make(client, openingStock=1)
    response = client.delete(f"/inventory/products/{product['id']}")
    assert (response.status_code, response.json()["code"]) == (409, "in_use")
    assert response.json()["counts"] == {"stockMovements": 1}
    assert client.get(f"/inventory/products/{product['id']}").status_code == 200
    assert (
        client.patch(f"/inventory/products/{product['id']}", {"isActive": False}).json()["isActive"] is False
    )


def test_a_movement_changes_neither_version_nor_etag(client):
    product = make(client)
    move(client, "in", product, quantity=1)
    response = client.patch(
        f"/inventory/products/{product['id']}", {"name": "New name"}, headers={"If-Match": '"1"'}
    )
    assert (response.status_code, response.json()["version"], response.json()["onHand"]) == (200, 2, "1.000")


def test_the_ledger_is_filtered_and_paged(client, tenant):
    product = make(client, openingStock=100)
    for number in range(1, 6):
        move(client, "out", product, quantity=number, reason="sale")
    move(client, "in", product, quantity=1)
    move(client, "adjust", product, delta=1, reason="found")
    assert [row["seq"] for row in ledger(client, product, "type=out,in&limit=3")] == [7, 6, 5]
    first = client.get(f"/inventory/stock/{product['id']}?limit=5").json()
    assert first["pagination"] | {"nextCursor": ""} == {
        "page": 1, "limit": 5, "total": 8, "totalPages": 2, "nextCursor": "",
    }  # fmt: skip
    rest = ledger(client, product, f"limit=5&cursor={first['pagination']['nextCursor']}")
    assert [row["seq"] for row in first["data"] + rest] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert [row["seq"] for row in ledger(client, product, "sortBy=seq&sortOrder=asc&limit=2")] == [1, 2]
    with tenant_context(tenant):
        day = tenant_today()
    tomorrow = (day + timedelta(days=1)).isoformat()
    assert len(ledger(client, product, f"from={day}&to={day}")) == 8
    filtered = client.get(f"/inventory/stock/{product['id']}?type=in&limit=1").json()
    assert filtered["pagination"]["total"] == 1
    assert (
        ledger(client, product, f"from={tomorrow}")
        == ledger(client, product, f"to={day - timedelta(1)}")
        == []
    )
    assert client.get(f"/inventory/stock/{product['id']}?type=sale").status_code == 400
    assert client.get(f"/inventory/stock/{product['id']}?from=x").status_code == 400
    assert client.get(f"/inventory/stock/{NOBODYS}").status_code == 404


def test_nobody_changes_the_ledger(client, tenant):
    make(client, openingStock=1)
    with tenant_context(tenant):
        for statement in (
            "UPDATE stock_movement SET quantity = 5", "UPDATE stock_movement SET id = gen_random_uuid()",
            "DELETE FROM stock_movement", "TRUNCATE stock_movement",
        ):  # fmt: skip
            with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.parametrize(("change", "constraint"), [
    ("on_hand = -1, available = -1, average_cost = 0, stock_value = 0", "product_"),
    ("reserved = 6, available = -1", "product_reserved"), ("reserved = -1, available = 6", "product_reserved"),
    ("available = 4", "product_available"), ("stock_value = -1, average_cost = 0", "product_"),
    ("track_stock = false", "product_untracked_is_empty"), ("on_hand = 0, available = 0", "product_value_of_stock"),
    ("average_cost = 2.0001", "product_average_cost"), ("on_hand = 'NaN', available = 'NaN'", "product_"),
    ("type = 'service', on_hand = 0, available = 0, stock_value = 0", "product_service_untracked"),
    ("stock_value = 'NaN'", "product_"), ("gst_rate = 101", "product_gst_rate"), ("hsn_sac = '123'", "product_hsn_sac"),
])  # fmt: skip
def test_the_database_holds_the_figures(change, constraint, client, tenant):
    product = make(client, openingStock=5, openingCost=2)
    with tenant_context(tenant):
        with (
            pytest.raises(IntegrityError, match=constraint),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE product SET {change} WHERE id = %s", [product["id"]])
        assert Product.objects.get(pk=product["id"]).on_hand == 5


def test_the_summary_counts(client, tenant):
    make(client, openingStock=5, openingCost=2, reorderLevel=5)
    make(client, openingStock="5.5", openingCost="2.1", reorderLevel=5)
    make(client, reorderLevel=5)
    make(client, isActive=False)
    make(client, type="service")
    moved = make(client, openingStock=1, openingCost="0.5")
    move(client, "out", moved, quantity=1, reason="sale")
    assert client.get("/inventory/summary").json() == {
        "products": 6, "active": 5, "totalUnits": "10.500", "stockValue": "21.55", "lowStock": 1, "outOfStock": 2,
        "movementsToday": 4,
    }  # fmt: skip
    for query, count in [("low", 1), ("out", 2), ("low,out", 3)]:
        found = client.get(f"/inventory/products?isActive=true&stock={query}").json()
        assert found["pagination"]["total"] == count


def test_the_summary_of_nothing(client):
    assert client.get("/inventory/summary").json() == {
        "products": 0, "active": 0, "totalUnits": "0.000", "stockValue": "0.00", "lowStock": 0, "outOfStock": 0,
        "movementsToday": 0,
    }  # fmt: skip


def test_moving_needs_the_grant(member, tenant):
    product = make(member(inventory=["view", "create"]))
    viewer = member(inventory=["view"])
    for how in ("in", "out", "adjust"):
        response = viewer.post(f"/inventory/stock/{how}", {"productId": product["id"], "quantity": 1})
        assert (response.status_code, response.json()["action"]) == (403, "canCreate")
    assert ledger(viewer, product) == []


def test_the_same_key_moves_once(client):
    product = make(client)
    body = {"productId": product["id"], "quantity": 2}
    answers = [
        client.post("/inventory/stock/in", body, headers={"Idempotency-Key": "demo-1"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert figures(client, product)[0] == "2.000"


def test_a_movement_is_one_statement(client, tenant, queries):
    product = make(client)
    with queries() as seen:
        move(client, "in", product, quantity=1)
    assert len([sql for sql in seen if "stock_movement" in sql or "product" in sql]) == 1
    with queries() as seen:
        ledger(client, product)
    assert len(seen) <= 4


def test_a_ledger_that_does_not_add_up_is_found(client, tenant):
    product = make(client, openingStock=5, openingCost=2)
    assert_books_are_clean(tenant)
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("UPDATE product SET on_hand = 6, available = 6, stock_value = 12")
        cursor.execute("""
            INSERT INTO stock_movement (
                id, product_id, seq, type, quantity, value, unit_cost, balance_after, value_after, average_cost_after,
                reason, reference_type, reference_number, date, created_at
            )
            SELECT gen_random_uuid(), product_id, 3, 'in', 2, 4, 2, 8, 14, 2, '', '', '', date, now()
            FROM stock_movement
        """)
    assert problems_of(tenant) == [
        f"stock: {product['id']}: 6.000 on hand worth 12.00 after movement 1, 2 movements make 7.000 worth 14.00",
        f"stock: {product['id']}: movement 3 leaves 8.000 worth 14.00, the movements make 7.000 worth 14.00",
    ]
