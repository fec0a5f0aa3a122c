"""/sales-settings/numbering-series: how numbers look, that they only rise, and the register."""

from datetime import date

import pytest

from nextgenerp.core.documents.models import NumberingSeries
from nextgenerp.core.documents.number_format import financial_year
from nextgenerp.core.tenancy import tenant_context, tenant_today
from sales.tests.documents import all_rounder, created, field_errors, history_of

LINE = {"name": "Demo", "quantity": "1", "unitPrice": "100"}
PATH = "/sales-settings/numbering-series"


def year(day: date) -> str:
    return f"{financial_year(day) % 100:02}-{(financial_year(day) + 1) % 100:02}"


@pytest.fixture
def series(tenant, member):
    """The series of quotations, by somebody who may do everything."""
    client = all_rounder(member)
    rows = {row["documentType"]: row for row in client.get(PATH).json()["data"]}
    with tenant_context(tenant):
        today = tenant_today()
    return client, rows["quotation"], year(today)


def test_a_new_tenant_has_four(tenant, member, series):
    _, _, now = series
    answer = member(setup=["view"]).get(PATH).json()
    assert [(row["documentType"], row["preview"], row["nextNumber"]) for row in answer["data"]] == [
        ("invoice", f"INV/{now}/0001", 1),
        ("proforma_invoice", f"PI/{now}/0001", 1),
        ("quotation", f"QT/{now}/0001", 1),
        ("sales_order", f"SO/{now}/0001", 1),
    ]
    assert answer["pagination"]["total"] == 4


def test_it_follows_what_was_given_out_and_shows_it_in_the_register(tenant, series):
    client, quotation, now = series
    customer = created(client.post("/customers", {"name": "Demo Buyer"}))
    made = [
        created(client.post("/quotations", {"customerId": customer["id"], "lines": [LINE]})) for _ in range(3)
    ]
    assert [one["number"] for one in made] == [f"QT/{now}/{n:04}" for n in (1, 2, 3)]
    assert client.delete(f"/quotations/{made[1]['id']}").status_code == 204
    row = next(one for one in client.get(PATH).json()["data"] if one["id"] == quotation["id"])
    assert (row["nextNumber"], row["preview"]) == (4, f"QT/{now}/0004")
    register = client.get(f"{PATH}/{quotation['id']}/register").json()
    assert [(one["sequence"], one["number"], one["status"], one["documentId"]) for one in register["data"]] == [
        (3, f"QT/{now}/0003", "used", made[2]["id"]),
        (2, f"QT/{now}/0002", "void", made[1]["id"]),
        (1, f"QT/{now}/0001", "used", made[0]["id"]),
    ]  # fmt: skip
    assert register["data"][1]["voidedAt"]
    voids = client.get(f"{PATH}/{quotation['id']}/register?status=void").json()
    assert [one["sequence"] for one in voids["data"]] == [2]
    first = client.get(f"{PATH}/{quotation['id']}/register?limit=2").json()["pagination"]
    assert first["total"] == 3
    rest = client.get(f"{PATH}/{quotation['id']}/register?limit=2&cursor={first['nextCursor']}").json()
    assert [one["sequence"] for one in rest["data"]] == [1]


def test_prefix_format_and_next_number_are_changed(tenant, series):
    client, quotation, now = series
    path = f"{PATH}/{quotation['id']}"
    response = client.patch(path, quotation | {"prefix": "DEMO", "padding": 5, "nextNumber": 42})
    assert response.status_code == 200, response.content
    answer = response.json()
    assert (answer["preview"], answer["nextNumber"], answer["version"]) == (f"DEMO/{now}/00042", 42, 2)
    assert response["ETag"] == '"2"'
    customer = created(client.post("/customers", {"name": "Demo Buyer"}))
    made = created(client.post("/quotations", {"customerId": customer["id"], "lines": [LINE]}))
    assert made["number"] == f"DEMO/{now}/00042"
    assert history_of(tenant, quotation["id"])[-1] == (
        "updated", {"prefix": ["QT", "DEMO"], "padding": [4, 5], "nextNumber": [1, 42]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"nextNumber": 4}, "nextNumber"),
        ({"nextNumber": 0}, "nextNumber"),
        ({"format": "{PREFIX}/{FY}"}, "format"),
        ({"format": "{PREFIX}/{SEQ}"}, "format"),
        ({"format": "{FY}/{SEQ}{SEQ}"}, "format"),
        ({"padding": 11}, "padding"),
        ({"resetPolicy": "weekly"}, "resetPolicy"),
        ({"misspelt": 1}, "misspelt"),
    ],
    ids=str,
)
def test_what_breaks_the_rules_is_refused_and_not_stored(given, field, tenant, series):
    client, quotation, _ = series
    path = f"{PATH}/{quotation['id']}"
    assert client.patch(path, {"nextNumber": 5}).status_code == 200
    with tenant_context(tenant):
        before = NumberingSeries.objects.filter(pk=quotation["id"]).values().get()
    assert field in {name for name, _ in field_errors(client.patch(path, given))}
    with tenant_context(tenant):
        assert NumberingSeries.objects.filter(pk=quotation["id"]).values().get() == before
    row = next(one for one in client.get(PATH).json()["data"] if one["id"] == quotation["id"])
    assert row["nextNumber"] == 5


def test_if_match_and_grants_are_held(series, member):
    client, quotation, _ = series
    path = f"{PATH}/{quotation['id']}"
    assert client.patch(path, {"prefix": "A"}, headers={"If-Match": '"7"'}).status_code == 412
    assert member(setup=["view"]).patch(path, {"prefix": "A"}).status_code == 403
    assert client.get(f"{PATH}/nothing/register").status_code == 404
