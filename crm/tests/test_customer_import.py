"""Customers from files, and back."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import Customer, CustomerTagging
from crm.services.customer_batches import BLANK, derived, overlaid
from crm.tax_identity import complete_identity
from crm.tests.customers import (
    GSTIN,
    OTHER_GSTIN,
    PAN,
    PUNE,
    address,
    gstin,
    make_customer,
    problem,
    stored,
)
from crm.tests.imports import codes, counts, csv_text, error_file, run_tasks, upload
from crm.tests.leads import EVERYTHING, history_of
from crm.tests.test_customer_concurrency import limit
from nextgenerp.core import entitlements
from nextgenerp.core.addresses import PARTS, complete_address
from nextgenerp.core.imports import engine
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.factories import make_seat

HEADER = ["Customer Name", "GST No.", "E-mail", "Mobile No.", "Address", "City", "State", "PIN Code"]


@pytest.fixture
def client(member):
    return member(customers=EVERYTHING, leads=["create"])


def bring(client, *rows, **options):
    answer = upload(client, csv_text(rows), path="/customers/import", **options)
    assert answer.status_code == 200, answer.content
    return answer


def customers(client, query="sortBy=code"):
    return client.get(f"/customers?{query}").json()["data"]


def test_a_file_as_people_have_it(client, tenant):
    answer = bring(
        client,
        [*HEADER, "Credit Period", "Credit Limit", "Category", "Registration Type"],
        ["Demo Traders", GSTIN.lower(), "Demo@Example.com", "98765 43210", "1 Demo Road", "Pune", "", "411 001", "30",
         "₹1,23,456.50", "", "composition"],
        ["Demo Person", "", "", "", "", "", "goa", "", "", "", "", ""],
    )  # fmt: skip
    assert counts(answer) == (2, 2, 0, 0, 0, 0)
    first, second = customers(client)
    expected = {
        "code": "CU-00001", "name": "Demo Traders", "gstin": GSTIN, "pan": PAN, "email": "Demo@Example.com",
        "phone": "+919876543210", "billingAddress": PUNE, "creditDays": 30, "creditLimit": "123456.50",
        "gstCategory": "composition", "outstanding": "0.00", "ownerId": str(client.seat.id), "version": 1,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert second["billingAddress"] == address(state="Goa", stateCode="30", country="India")
    assert second["gstCategory"] == "unregistered"
    assert history_of(tenant, first["id"]) == [("created", {})]
    with tenant_context(tenant):
        assert entitlements.used("customers") == 2


def test_a_bad_row_spoils_no_other(client, tenant):
    answer = bring(
        client,
        [*HEADER, "stateCode", "pan", "gstCategory", "creditDays", "owner", "shippingAddresses"],
        ["Good", "", "", "", "", "", "", "", "", "", "", "", "", ""],
        ["", "", "a@example.com", "", "", "", "", "", "", "", "", "", "", ""],
        ["Bad", GSTIN[:-1] + "W", "", "", "", "", "", "", "", "", "", "", "", ""],
        ["Bad", GSTIN, "", "", "", "", "Goa", "", "", "", "", "", "", ""],
        ["Bad", GSTIN, "", "", "", "", "", "", "", "AAGCB7383J", "", "", "", ""],
        ["Bad", GSTIN, "", "", "", "", "", "", "", "", "overseas", "", "", ""],
        ["Bad", "", "", "9.19876E+11", "", "", "", "", "", "", "", "", "", ""],
        ["Bad", "", "", "", "", "", "", "011001", "", "", "", "", "", ""],
        ["Bad", "", "", "", "", "", "Goa", "", "27", "", "", "", "", ""],
        ["Bad", "", "", "", "", "", "Atlantis", "", "", "", "", "", "", ""],
        ["Bad", "", "", "", "", "", "", "", "", "", "", "4000", "", ""],
        ["Bad", "", "", "", "", "", "", "", "", "", "", "", "nobody@example.com", ""],
        ["Bad", "", "", "", "", "", "", "", "", "", "", "", "", "Pune"],
        ["Bad", "", "", "", "", "", "", "", "", "", "", "", "", '[{"town": "Pune"}]'],
        ["Bad", "", "", "", "", "", "", "", "", "", "", "", "", '[{"pincode": "1"}]'],
        ["Good too", GSTIN, "", "", "", "", "", "", "", "", "", "", "", '[{"city": "Pune"}]'],
    )
    assert counts(answer) == (16, 2, 0, 0, 14, 0)
    assert codes(answer) == [
        (3, "Customer Name", "required"), (4, "GST No.", "invalid_gstin"), (5, "State", "state_mismatch"),
        (6, "pan", "pan_mismatch"), (7, "gstCategory", "category_mismatch"), (8, "Mobile No.", "phone_exponent"),
        (9, "PIN Code", "invalid_pincode"), (10, "stateCode", "invalid_state"), (11, "State", "invalid_state"),
        (12, "creditDays", "max_value"), (13, "owner", "does_not_exist"), (14, "shippingAddresses", "invalid"),
        (15, "shippingAddresses", "unknown_field"), (16, "shippingAddresses", "invalid_pincode"),
    ]  # fmt: skip
    assert [row["name"] for row in customers(client)] == ["Good", "Good too"]
    assert error_file(client, answer).count("\r\n") == 15


@pytest.mark.parametrize("key", ["email", "phone", "gstin"])
@pytest.mark.parametrize("choice", ["skip", "update", "error", "create"])
def test_duplicates_by_each_key(client, tenant, key, choice):
    values = {"email": "demo@example.com", "phone": "9876543210", "gstin": GSTIN}
    there = make_customer(client, name="Stored", **{key: values[key]})
    rows = ["Fresh", values[key], "Nagpur"], ["Again", values[key], "Nashik"]
    answer = bring(client, ["name", key, "city"], *rows, onDuplicate=choice, matchOn=[key])
    refused = choice == "error" or (choice == "create" and key == "gstin")
    expected = (
        {"skip": (0, 0, 2, 0), "update": (0, 2, 0, 0), "create": (2, 0, 0, 0)}[choice]
        if not refused
        else (0, 0, 0, 2)
    )
    assert counts(answer)[1:5] == expected
    assert [code for *_, code in codes(answer)] == (["duplicate"] * 2 if refused else [])
    after = client.get(f"/customers/{there['id']}").json()
    assert (after["name"], after["version"]) == (("Again", 2) if choice == "update" else ("Stored", 1))
    if choice == "update":
        before = there["billingAddress"]["city"]
        changes = history_of(tenant, there["id"])[1][1]
        assert changes["name"] == ["Stored", "Again"]
        assert (before, changes["billingAddress"][1]["city"]) == ("", "Nashik")


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize("batch", [1, 3, 2000])
def test_a_gstin_is_one_customers_whatever_is_matched(client, tenant, monkeypatch, batch, dry):
    """Taken by a stored customer or by an earlier row, in the same batch or another; nobody else suffers."""
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    make_customer(client, name="Stored", gstin=GSTIN, email="stored@example.com")
    before = stored(tenant)
    answer = bring(
        client,
        ["name", "email", "gstin"],
        ["One", "one@example.com", gstin(1)],
        ["Taken", "two@example.com", GSTIN],
        ["Stored", "stored@example.com", GSTIN],
        ["Taken", "three@example.com", gstin(1)],
        ["Four", "four@example.com", gstin(2)],
        ["Moved", "one@example.com", gstin(2)],
        onDuplicate="update", matchOn=["email"], dryRun=dry,
    )  # fmt: skip
    assert counts(answer) == (6, 2, 1, 0, 3, 0)
    assert codes(answer) == [(row, "gstin", "duplicate") for row in (3, 5, 7)]
    assert (stored(tenant) == before) is dry


def test_an_update_is_laid_over_what_is_stored(client, tenant):
    there = make_customer(client, gstin=GSTIN, billingAddress=PUNE, creditLimit="10", email="a@example.com")
    header = ["name", "email", "city", "gstin", "state", "gstCategory", "pan", "creditLimit"]
    answer = bring(
        client, header,
        ["Demo Works", "a@example.com", "Nagpur", "", "", "", "", ""],
        ["Demo Works", "a@example.com", "", OTHER_GSTIN, "", "", "", ""],
        ["Demo Works", "a@example.com", "", "", "Goa", "", "", ""],
        ["Demo Works", "a@example.com", "", "", "", "overseas", "", ""],
        ["Demo Works", "a@example.com", "", "", "", "", "AAGCB7383J", ""],
        ["Demo Works", "a@example.com", "", OTHER_GSTIN, "Karnataka", "sez", "", "20"],
        onDuplicate="update", matchOn=["email"],
    )  # fmt: skip
    assert counts(answer) == (6, 0, 2, 0, 4, 0)
    assert codes(answer) == [
        (3, "gstin", "state_mismatch"), (4, "state", "state_mismatch"), (5, "gstCategory", "category_mismatch"),
        (6, "pan", "pan_mismatch"),
    ]  # fmt: skip
    after = client.get(f"/customers/{there['id']}").json()
    moved = PUNE | {"city": "Nagpur", "state": "Karnataka", "stateCode": "29"}
    assert (after["gstin"], after["gstCategory"], after["billingAddress"]) == (OTHER_GSTIN, "sez", moved)
    assert (after["creditLimit"], after["pan"], after["version"]) == ("20.00", OTHER_GSTIN[2:12], 2)


def test_tags_and_owners(client, tenant):
    colleague = make_seat(tenant)
    client.post("/leads/meta/tags", {"name": "Festival"})
    there = make_customer(client, email="a@example.com")
    header = ["name", "email", "tags", "owner"]
    row = ["Demo", "A@EXAMPLE.com", "festival; New", colleague.user.email]
    assert codes(bring(client, header, row)) == [(2, "tags", "does_not_exist")]
    options = {"onDuplicate": "update", "createMissing": ["tags"]}
    assert counts(bring(client, header, row, ["Two", "", "new", ""], **options)) == (2, 1, 1, 0, 0, 0)
    after = client.get(f"/customers/{there['id']}").json()
    assert ([tag["name"] for tag in after["tags"]], after["ownerId"]) == (
        ["Festival", "New"],
        str(colleague.id),
    )
    assert history_of(tenant, there["id"])[1][1]["tags"] == [[], ["Festival", "New"]]
    with tenant_context(tenant):
        assert CustomerTagging.objects.count() == 3
    assert counts(bring(client, header, row, **options)) == (1, 0, 1, 0, 0, 0)
    assert client.get(f"/customers/{there['id']}").json()["version"] == 2


def test_scope_and_grants(client, member):
    make_customer(client, email="a@example.com", name="Hidden")
    mine = member(scope="own", customers=["view", "create", "edit"])
    answer = bring(mine, ["name", "email"], ["Demo", "a@example.com"], onDuplicate="update")
    assert codes(answer) == [(2, "", "permission_denied")]
    for caller, action, options in (
        (member(customers=["view"]), "canCreate", {}),
        (member(customers=["view", "create"]), "canEdit", {"onDuplicate": "update"}),
    ):
        refused = upload(caller, "name\nDemo\n", path="/customers/import", **options)
        assert (refused.status_code, refused.json()["action"]) == (403, action)
    assert problem(upload(client, "name\nDemo\n", path="/customers/import", matchOn=["name"])) == (
        400,
        "invalid",
    )


@pytest.mark.parametrize("batch", [1, 2000])
def test_rows_beyond_the_limit_fail(client, tenant, monkeypatch, batch):
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    limit(monkeypatch, tenant, customers=2)
    answer = bring(client, ["name"], ["A"], ["B"], ["C"], ["D"])
    assert counts(answer) == (4, 2, 0, 0, 2, 0)
    assert codes(answer) == [(row, "", "plan_limit_reached") for row in (4, 5)]


def test_a_large_file_is_left_to_the_worker(client, tenant, monkeypatch):
    monkeypatch.setattr(engine, "INLINE_ROWS", 1)
    monkeypatch.setattr(engine, "BATCH_ROWS", 2)
    rows = [["name", "gstin"], *([f"Demo {number}", gstin(number % 4)] for number in range(6))]
    answer = upload(client, csv_text(rows), path="/customers/import")
    assert (answer.status_code, answer["Location"]) == (202, f"/imports/{answer.json()['id']}")
    run_tasks(tenant)
    done = client.get(answer["Location"])
    assert (done.json()["status"], counts(done)) == ("completed", (6, 4, 0, 2, 0, 0))


def test_undo(client, tenant):
    make_customer(client, email="a@example.com")
    answer = bring(
        client, ["name", "email"], ["A", "a@example.com"], ["B", "b@example.com"], ["C", "c@example.com"]
    )
    kept = customers(client, "search=c@example")[0]
    client.patch(f"/customers/{kept['id']}", {"name": "Touched"})
    undone = client.post(f"/imports/{answer.json()['id']}/undo").json()
    assert (undone["removed"], undone["kept"]) == (1, 1)
    assert sorted(row["name"] for row in customers(client)) == ["Demo Works", "Touched"]
    with tenant_context(tenant):
        assert (Customer.objects.count(), entitlements.used("customers")) == (2, 2)


# --- export → import → export

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12).map(str.strip)
indian = st.fixed_dictionaries(
    {}, optional={"line1": texts, "line2": texts, "city": texts, "stateCode": st.sampled_from(["27", "07", "30"]),
                  "pincode": st.sampled_from(["411001", "110001"])},
)  # fmt: skip
foreign = st.fixed_dictionaries(
    {"country": st.just("Nepal"), "state": texts, "pincode": texts.map(lambda text: text[:12])}
)
addresses = st.one_of(indian, foreign)
whole = addresses.filter(lambda parts: any(parts.values()))
bodies = st.fixed_dictionaries(
    {"name": texts.filter(bool), "billingAddress": addresses},
    optional={
        "type": st.sampled_from(["business", "individual"]), "contactPerson": texts,
        "notes": st.lists(texts, max_size=3).map("\n".join).map(str.strip),
        "email": st.sampled_from(["a@example.com", "-b@example.com"]), "phone": st.just("+919876543210"),
        "pan": st.just(PAN), "gstCategory": st.sampled_from(["unregistered", "composition", "sez", "overseas"]),
        "shippingAddresses": st.lists(whole, max_size=2), "creditLimit": st.sampled_from(["0", "12.30", None]),
        "creditDays": st.integers(0, 99), "isActive": st.booleans(),
    },
)  # fmt: skip
SAME = {"code", "createdAt", "updatedAt"}


def exported(client):
    response = client.get("/customers/export?sortBy=code&sortOrder=asc")
    content = b"".join(response.streaming_content)
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return content, [{name: row[name] for name in row if name not in SAME} for row in rows]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    made=st.lists(bodies, min_size=1, max_size=6),
    states=st.lists(st.sampled_from(["27", "07", "30"]), max_size=6),
)
def test_an_export_imports_as_it_was(client, tenant, made, states):
    for number, body in enumerate(made):
        code = body["billingAddress"].get("stateCode")
        if (
            number < len(states)
            and "country" not in body["billingAddress"]
            and code in {None, states[number]}
        ):
            body = {name: value for name, value in body.items() if name not in {"pan", "gstCategory"}}
            body["gstin"] = gstin(number, states[number])
        assert client.post("/customers", body).status_code == 201
    content, before = exported(client)
    with tenant_context(tenant):
        Customer.objects.all().delete()
    answer = upload(client, content, path="/customers/import", onDuplicate="create")
    assert counts(answer) == (len(made), len(made), 0, 0, 0, 0), answer.content
    assert exported(client)[1] == before
    with tenant_context(tenant):
        Customer.objects.all().delete()


@settings(max_examples=60, deadline=None)
@given(body=bodies)
def test_rows_and_records_are_derived_alike(body):
    """What the importer computes is what the model computes, whatever was stored before."""
    columns = {
        "name": body["name"], "email": body.get("email", ""), "phone": body.get("phone", ""),
        "billing_address": complete_address({name: text.strip() for name, text in body["billingAddress"].items()}),
    }  # fmt: skip
    parts = {f"billingAddress.{part}": columns["billing_address"][part] for part in PARTS}
    row = {name: columns[name] for name in ("name", "email", "phone")} | {
        name: text for name, text in parts.items() if text
    }
    new = overlaid(BLANK, row)
    customer = Customer(code="CU-1", **columns | complete_identity(BLANK, columns))
    customer.derive()
    assert derived(new, "CU-1") == (
        customer.city_key, customer.state_code, customer.email_key, customer.name_key, customer.search_text,
    )  # fmt: skip
    assert new["billing_address"] == customer.billing_address
