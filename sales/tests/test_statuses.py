"""The three families of statuses: what a tenant begins with, and what may become of them."""

import pytest

from nextgenerp.core.tenancy import tenant_context
from sales.models import (
    ProformaInvoiceCategory,
    ProformaInvoiceStatus,
    QuotationCategory,
    QuotationStatus,
    SalesOrderCategory,
    SalesOrderStatus,
)
from sales.services.defaults import provision_sales
from sales.tests.documents import EVERYTHING, field_errors, history_of

FAMILIES = {
    "/sales-settings/quotation-statuses": (QuotationStatus, QuotationCategory, "/quotations"),
    "/sales-settings/pi-statuses": (ProformaInvoiceStatus, ProformaInvoiceCategory, "/proforma-invoices"),
    "/sales-settings/so-statuses": (SalesOrderStatus, SalesOrderCategory, "/sales-orders"),
}
EVERY_FAMILY = pytest.mark.parametrize("path", FAMILIES)


@pytest.fixture
def editor(member):
    return member(setup=["view", "edit", "delete"])


def rows(client, path, query=""):
    response = client.get(f"{path}?{query}")
    assert response.status_code == 200, response.content
    return response.json()["data"]


def default_of(client, path):
    [default] = [row for row in rows(client, path) if row["isDefault"]]
    return default


def make(client, path, **values):
    response = client.post(path, {"name": "Under negotiation", "category": "draft"} | values)
    assert response.status_code == 201, response.content
    return response.json()


@EVERY_FAMILY
def test_a_new_tenant_has_a_status_for_every_category(path, editor):
    found = rows(editor, path)
    assert [row["category"] for row in found] == FAMILIES[path][1].values
    assert [row["order"] for row in found] == list(range(1, len(found) + 1))
    assert all(row["isSystem"] for row in found)
    assert [row["name"] for row in found if row["isDefault"]] == ["Draft"]


@EVERY_FAMILY
def test_provisioning_again_adds_nothing(path, editor, tenant):
    model = FAMILIES[path][0]
    with tenant_context(tenant):
        model.objects.filter(category="sent").update(name="Gone out")
        before = list(model.objects.values())
        provision_sales()
        assert list(model.objects.values()) == before


@EVERY_FAMILY
def test_a_status_is_made_at_the_end_of_its_family(path, editor, tenant):
    response = editor.post(path, {"name": " Under negotiation ", "category": "draft", "color": "#a1B2c3"})
    made = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"{path}/{made['id']}"
    assert made == {
        "id": made["id"], "name": "Under negotiation", "category": "draft", "color": "#a1B2c3",
        "order": len(FAMILIES[path][1]) + 1, "isDefault": False, "isSystem": False, "version": 1,
    }  # fmt: skip
    assert rows(editor, path)[-1] == made
    assert history_of(tenant, made["id"]) == [("created", {})]


@EVERY_FAMILY
@pytest.mark.parametrize("name", ["Draft", "DRAFT", " draft "])
def test_names_differ_in_more_than_case(path, name, editor, tenant):
    refused = editor.post(path, {"name": name, "category": "draft"})
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate")
    other = make(editor, path)
    assert editor.patch(f"{path}/{other['id']}", {"name": name}).json()["code"] == "duplicate"
    with tenant_context(tenant):
        assert FAMILIES[path][0].objects.count() == len(FAMILIES[path][1]) + 1


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "blank"), ("name", "x" * 61, "max_length"), ("category", "nowhere", "invalid_choice"),
        ("category", "paid", "invalid_choice"), ("category", None, "null"), ("color", "red", "invalid"),
        ("color", "", "blank"), ("order", -1, "min_value"), ("order", 40000, "max_value"), ("order", "x", "invalid"),
        ("isDefault", "perhaps", "invalid"), ("label", "x", "unknown_field"),
    ],
)  # fmt: skip
def test_a_status_that_is_none_is_refused(field, value, code, editor, tenant):
    body = {"name": "Demo", "category": "draft"} | {field: value}
    assert field_errors(editor.post("/sales-settings/quotation-statuses", body)) == {(field, code)}
    with tenant_context(tenant):
        assert QuotationStatus.objects.count() == len(QuotationCategory)


@EVERY_FAMILY
def test_what_the_server_says_is_not_taken_from_the_client(path, editor):
    made = make(editor, path, isSystem=True, version=9, id="x")
    assert (made["isSystem"], made["version"]) == (False, 1)


@EVERY_FAMILY
def test_making_another_one_the_default_moves_it(path, editor, tenant):
    old = default_of(editor, path)
    made = make(editor, path, isDefault=True)
    assert default_of(editor, path) == made
    assert history_of(tenant, old["id"])[-1] == ("updated", {"isDefault": [True, False]})
    back = editor.patch(f"{path}/{old['id']}", {"isDefault": True, "name": "First draft"}).json()
    assert (back["isDefault"], back["name"], back["version"]) == (True, "First draft", 3)
    assert default_of(editor, path) == back


@EVERY_FAMILY
def test_there_is_always_a_default_and_it_is_a_draft(path, editor):
    default = default_of(editor, path)
    refused = editor.patch(f"{path}/{default['id']}", {"isDefault": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    cancelled = rows(editor, path, "category=cancelled")[0]
    refused = editor.patch(f"{path}/{cancelled['id']}", {"isDefault": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert editor.post(path, {"name": "Demo", "category": "cancelled", "isDefault": True}).status_code == 409
    assert default_of(editor, path) == default


@EVERY_FAMILY
def test_a_system_status_may_be_renamed_but_neither_moved_nor_removed(path, editor):
    cancelled = rows(editor, path, "category=cancelled")[0]
    at = f"{path}/{cancelled['id']}"
    changed = editor.patch(at, {"name": "Called off", "color": "#000000", "order": 0}).json()
    assert changed == cancelled | {"name": "Called off", "color": "#000000", "order": 0, "version": 2}
    for answer in (editor.patch(at, {"category": "draft"}), editor.delete(at)):
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert rows(editor, path)[0] == changed


@EVERY_FAMILY
def test_an_unused_status_of_ones_own_may_be_moved_and_removed(path, editor, tenant):
    made = make(editor, path)
    at = f"{path}/{made['id']}"
    moved = editor.patch(at, {"category": "cancelled"}, headers={"If-Match": '"1"'}).json()
    assert (moved["category"], moved["version"]) == ("cancelled", 2)
    assert editor.delete(at, headers={"If-Match": '"1"'}).status_code == 412
    assert editor.delete(at).status_code == 204
    assert editor.delete(at).status_code == 404
    assert history_of(tenant, made["id"])[-1] == ("deleted", {})


@EVERY_FAMILY
def test_a_default_of_ones_own_is_not_removed(path, editor):
    made = make(editor, path, isDefault=True)
    refused = editor.delete(f"{path}/{made['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert default_of(editor, path) == made


@EVERY_FAMILY
def test_lists_are_sorted_filtered_and_searched(path, editor):
    make(editor, path, name="Awaiting approval", order=0)
    assert rows(editor, path)[0]["name"] == "Awaiting approval"
    names = [row["name"] for row in rows(editor, path, "sortBy=name&sortOrder=desc")]
    assert names == sorted(names, reverse=True)
    assert [row["name"] for row in rows(editor, path, "search=APPROV")] == ["Awaiting approval"]
    assert [row["name"] for row in rows(editor, path, "isSystem=false")] == ["Awaiting approval"]
    assert {row["category"] for row in rows(editor, path, "category=draft,cancelled")} == {
        "draft",
        "cancelled",
    }
    wrong = editor.get(f"{path}?category=nowhere")
    assert field_errors(wrong) == {("category", "invalid_choice")}
    page = editor.get(f"{path}?limit=2").json()["pagination"]
    assert (page["total"], page["totalPages"]) == (
        len(FAMILIES[path][1]) + 1,
        -(-(len(FAMILIES[path][1]) + 1) // 2),
    )


@EVERY_FAMILY
def test_those_without_setup_read_the_same_list(path, member, editor):
    grants = {FAMILIES[path][2].strip("/").replace("-", "_"): ["view"]}
    reader = member(**grants)
    answer = reader.get(f"{FAMILIES[path][2]}/meta/statuses").json()
    assert answer == {"data": rows(editor, path), "pagination": None}
    assert reader.get(path).status_code == 403
    assert editor.get(f"{FAMILIES[path][2]}/meta/statuses").status_code == 403


@EVERY_FAMILY
def test_creating_needs_the_grant_to_edit(path, member):
    refused = member(setup=["view", "create"]).post(path, {"name": "Demo", "category": "draft"})
    assert (refused.status_code, refused.json()["action"]) == (403, "canEdit")
    assert member(setup=EVERYTHING).post(path, {"name": "Demo", "category": "draft"}).status_code == 201
