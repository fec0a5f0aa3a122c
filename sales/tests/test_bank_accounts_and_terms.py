"""Bank accounts and terms: their rules, their one default, who sees a number whole."""

import pytest

from nextgenerp.core.documents.models import BankAccount, TermsTemplate
from nextgenerp.core.tenancy import tenant_context
from sales.tests.documents import field_errors, history_of

ACCOUNT = {
    "accountName": "Demo Traders",
    "bankName": "Demo Bank",
    "accountNumber": "001234567890",
    "ifsc": "DEMO0001234",
}
TERMS = {"name": "Demo terms", "content": "Payment within 30 days.", "documentTypes": ["quotation"]}


def account(client, **values):
    response = client.post("/sales-settings/bank-accounts", ACCOUNT | values)
    assert response.status_code == 201, response.content
    return response.json()


def terms(client, **values):
    response = client.post("/sales-settings/terms-templates", TERMS | values)
    assert response.status_code == 201, response.content
    return response.json()


def defaults(tenant, model):
    with tenant_context(tenant):
        return sorted(str(one.id) for one in model.objects.filter(is_default=True))


def test_an_account_is_kept_as_it_is_given(member, tenant):
    client = member(setup=["edit"])
    response = client.post(
        "/sales-settings/bank-accounts",
        ACCOUNT | {"ifsc": " demo0001234 ", "branch": "Pune", "upiId": "demo.traders@demobank"},
    )
    assert response.status_code == 201
    made = response.json()
    assert response["Location"] == f"/sales-settings/bank-accounts/{made['id']}"
    assert response["ETag"] == '"1"'
    assert made == ACCOUNT | {
        "id": made["id"], "branch": "Pune", "upiId": "demo.traders@demobank", "isDefault": False, "version": 1,
        "createdAt": made["createdAt"], "updatedAt": made["updatedAt"],
    }  # fmt: skip
    assert history_of(tenant, made["id"]) == [("created", {})]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accountNumber", "12345678"), ("accountNumber", "1234567890123456789"), ("accountNumber", "12345678A"),
        ("accountNumber", "१२३४५६७८९"), ("accountNumber", 123456789), ("ifsc", "DEMO1001234"), ("ifsc", "DEM00001234"),
        ("ifsc", "DEMO000123"), ("upiId", "demo"), ("upiId", "a b@bank"), ("accountName", ""), ("bankName", None),
        ("nickname", "x"),
    ],
)  # fmt: skip
def test_what_no_bank_knows_is_refused(field, value, member, tenant):
    response = member(setup=["edit"]).post("/sales-settings/bank-accounts", ACCOUNT | {field: value})
    assert {name for name, _ in field_errors(response)} == {field}
    with tenant_context(tenant):
        assert not BankAccount.objects.exists()


def test_there_is_one_default_account_at_most(member, tenant):
    client = member(setup=["edit"])
    first, second = account(client, isDefault=True), account(client)
    assert defaults(tenant, BankAccount) == [first["id"]]
    changed = client.patch(f"/sales-settings/bank-accounts/{second['id']}", {"isDefault": True})
    assert (changed.status_code, changed.json()["isDefault"], changed.json()["version"]) == (200, True, 2)
    assert defaults(tenant, BankAccount) == [second["id"]]
    assert history_of(tenant, first["id"])[-1] == ("updated", {"isDefault": [True, False]})
    third = account(client, isDefault=True)
    assert defaults(tenant, BankAccount) == [third["id"]]
    client.patch(f"/sales-settings/bank-accounts/{third['id']}", {"isDefault": False})
    assert defaults(tenant, BankAccount) == []


def test_numbers_are_masked_for_those_who_may_not_change_them(member):
    made = account(member(setup=["edit"]))
    lists = (
        "/sales-settings/bank-accounts",
        "/quotations/meta/bank-accounts",
        "/sales-orders/meta/bank-accounts",
    )
    reader = member(setup=["view"], quotations=["view"], sales_orders=["view"])
    editor = member(setup=["view", "edit"], quotations=["view"], sales_orders=["view"])
    for path in lists:
        assert [row["accountNumber"] for row in reader.get(path).json()["data"]] == ["XXXXXXXX7890"]
        assert [row["accountNumber"] for row in editor.get(path).json()["data"]] == ["001234567890"]
    row = editor.get(lists[0]).json()["data"][0]
    unchanged = editor.patch(f"/sales-settings/bank-accounts/{made['id']}", row)
    assert (unchanged.status_code, unchanged.json()) == (200, made)


def test_an_account_may_be_deleted(member, tenant):
    client = member(setup=["view", "edit", "delete"])
    made = account(client)
    stale = client.delete(f"/sales-settings/bank-accounts/{made['id']}", headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    assert client.delete(f"/sales-settings/bank-accounts/{made['id']}").status_code == 204
    assert client.get("/sales-settings/bank-accounts").json()["data"] == []
    assert history_of(tenant, made["id"])[-1] == ("deleted", {})


def test_lists_are_searched_sorted_and_filtered(member):
    client = member(setup=["view", "edit"], quotations=["view"])
    account(client, bankName="Zeta Bank", isDefault=True)
    account(client, bankName="Alpha Bank", branch="Pune")

    def banks(query):
        return [
            row["bankName"] for row in client.get(f"/sales-settings/bank-accounts?{query}").json()["data"]
        ]

    assert banks("") == ["Zeta Bank", "Alpha Bank"]
    assert banks("sortBy=bankName") == ["Alpha Bank", "Zeta Bank"]
    assert banks("search=pune") == ["Alpha Bank"]
    assert banks("isDefault=true") == ["Zeta Bank"]
    assert client.get("/sales-settings/bank-accounts?bank=x").json()["code"] == "unknown_parameter"
    terms(client, name="Zeta")
    terms(client, name="Alpha", documentTypes=["invoice"])
    assert [row["name"] for row in client.get("/quotations/meta/terms-templates").json()["data"]] == ["Zeta"]
    found = client.get("/sales-settings/terms-templates?documentType=invoice").json()["data"]
    assert [row["name"] for row in found] == ["Alpha"]
    wrong = client.get("/sales-settings/terms-templates?documentType=letter")
    assert field_errors(wrong) == {("documentType", "invalid_choice")}


def test_terms_are_for_all_documents_unless_said(member, tenant):
    client = member(setup=["edit", "delete"])
    body = {"name": "Demo", "content": "x" * 8000}
    made = client.post("/sales-settings/terms-templates", body).json()
    assert made["documentTypes"] == ["quotation", "proforma_invoice", "sales_order", "invoice"]
    changed = client.patch(
        f"/sales-settings/terms-templates/{made['id']}",
        {"documentTypes": ["invoice", "quotation", "invoice"]},
    )
    assert changed.json()["documentTypes"] == ["quotation", "invoice"]
    assert client.delete(f"/sales-settings/terms-templates/{made['id']}").status_code == 204
    with tenant_context(tenant):
        assert not TermsTemplate.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("content", "x" * 8001, "max_length"), ("content", "", "blank"), ("name", "x" * 101, "max_length"),
        ("documentTypes", [], "min_length"), ("documentTypes", "quotation", "not_a_list"),
        ("documentTypes", ["letter"], "invalid_choice"),
    ],
)  # fmt: skip
def test_terms_that_are_none(field, value, code, member, tenant):
    response = member(setup=["edit"]).post("/sales-settings/terms-templates", TERMS | {field: value})
    assert {(name.partition(".")[0], found) for name, found in field_errors(response)} == {(field, code)}
    with tenant_context(tenant):
        assert not TermsTemplate.objects.exists()


def test_each_document_type_has_one_default_at_most(member, tenant):
    client = member(setup=["edit"])
    quotations = terms(client, isDefault=True)
    orders = terms(client, documentTypes=["sales_order", "invoice"], isDefault=True)
    assert defaults(tenant, TermsTemplate) == sorted([quotations["id"], orders["id"]])
    both = terms(client, documentTypes=["quotation", "proforma_invoice"], isDefault=True)
    assert defaults(tenant, TermsTemplate) == sorted([orders["id"], both["id"]])
    path = f"/sales-settings/terms-templates/{both['id']}"
    client.patch(path, {"documentTypes": ["quotation", "invoice"]})
    assert defaults(tenant, TermsTemplate) == [both["id"]]


def test_creating_needs_the_grant_to_edit_and_deleting_the_one_to_delete(member, tenant):
    creator = member(setup=["view", "create"])
    refused = creator.post("/sales-settings/bank-accounts", ACCOUNT)
    assert (refused.status_code, refused.json()["action"]) == (403, "canEdit")
    editor = member(setup=["edit"])
    made = account(editor)
    assert editor.delete(f"/sales-settings/bank-accounts/{made['id']}").json()["action"] == "canDelete"
    with tenant_context(tenant):
        assert BankAccount.objects.count() == 1
