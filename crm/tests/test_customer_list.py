"""GET /customers and GET /customers/export."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import connection

from crm.models import Customer
from crm.services.customers import change_outstanding
from crm.tests.customers import GSTIN, OTHER_GSTIN, PUNE, make_customer
from crm.tests.leads import EVERYTHING
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.factories import make_seat


@pytest.fixture
def client(member):
    return member(customers=EVERYTHING, leads=["create"])


def names(client, query=""):
    response = client.get(f"/customers?{query}")
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["data"]]


def test_filters(client, tenant):
    colleague = make_seat(tenant)
    tag = client.post("/leads/meta/tags", {"name": "Festival"}).json()["id"]
    make_customer(client, name="A", gstin=GSTIN, billingAddress=PUNE)
    make_customer(client, name="B", type="individual", billingAddress={"city": "pune", "state": "Goa"})
    make_customer(
        client, name="C", gstCategory="sez", ownerId=str(colleague.id), tagIds=[tag], isActive=False
    )
    expected = {
        "": "ABC", "type=individual": "B", "type=individual,business": "ABC", "gstCategory=registered,sez": "AC",
        f"ownerId={colleague.id}": "C", f"ownerId={client.seat.id}": "AB", f"ownerId={tag}": "", "ownerId=x": "",
        "city=PUNE": "AB", "city=Pun": "", "stateCode=27": "A", "stateCode=27,30": "AB", f"tagIds={tag}": "C",
        "tagIds=x": "", "isActive=true": "AB", "isActive=false": "C", "city=pune&type=business": "A",
        "createdFrom=2000-01-01": "ABC", "createdTo=2000-01-01": "",
    }  # fmt: skip
    for query, found in expected.items():
        assert "".join(sorted(names(client, query))) == found, query


@pytest.mark.parametrize(
    "query",
    ["type=shop", "gstCategory=x", "stateCode=Goa", "isActive=1", "sortBy=email", "colour=red", "limit=0"],
)
def test_a_misspelt_filter_is_refused(client, query):
    assert client.get(f"/customers?{query}").status_code == 400
    assert client.get(f"/customers/export?{query}").status_code == 400


def test_search(client):
    make_customer(
        client, name="Asha Traders", email="asha@example.com", phone="9876543210", contactPerson="Nobody"
    )
    make_customer(client, name="Ravi Mills", alternatePhone="9123456780", gstin=OTHER_GSTIN)
    for text, found in (
        ("asha", ["Asha Traders"]), ("a trad", ["Asha Traders"]), ("ra", ["Ravi Mills"]),
        ("asha@example", ["Asha Traders"]),
        ("98765 43210", ["Asha Traders"]), ("091234 56780", ["Ravi Mills"]), (OTHER_GSTIN, ["Ravi Mills"]),
        (OTHER_GSTIN[5:11].lower(), ["Ravi Mills"]), ("CU-00002", ["Ravi Mills"]), ("00001", ["Asha Traders"]),
        ("nobody", []), ("%", []), ("zz", []),
    ):  # fmt: skip
        assert names(client, f"search={text}") == found, text


def test_sorts(client, tenant):
    ids = [make_customer(client, name=name)["id"] for name in ("beta", "Alpha", "gamma")]
    with tenant_context(tenant):
        for customer, owed in zip(ids, ("20.00", "30.00", "10.00"), strict=True):
            change_outstanding(customer, Decimal(owed))
        Customer.objects.filter(name="gamma").update(number=100_000, code="CU-100000")
    for query, order in (
        ("", ["gamma", "Alpha", "beta"]), ("sortBy=name", ["Alpha", "beta", "gamma"]),
        ("sortBy=name&sortOrder=desc", ["gamma", "beta", "Alpha"]), ("sortBy=code", ["beta", "Alpha", "gamma"]),
        ("sortBy=outstanding&sortOrder=desc", ["Alpha", "beta", "gamma"]),
        ("sortBy=createdAt&sortOrder=asc", ["beta", "Alpha", "gamma"]),
    ):  # fmt: skip
        assert names(client, query) == order, query
        walked, cursor = [], ""
        while cursor is not None:
            page = client.get(f"/customers?{query}&limit=1{cursor and '&cursor='}{cursor}").json()
            walked += [row["name"] for row in page["data"]]
            cursor = page["pagination"]["nextCursor"]
        assert walked == order, query


def test_rows_are_what_the_detail_says(client):
    tag = client.post("/leads/meta/tags", {"name": "Festival"}).json()["id"]
    for _ in range(2):
        make_customer(client, billingAddress=PUNE, shippingAddresses=[PUNE], tagIds=[tag], creditLimit="5")
    for row in client.get("/customers").json()["data"]:
        assert client.get(f"/customers/{row['id']}").json() == row


def test_queries(client, queries):
    """Authentication, rows, tags, owners; with a filter and a full page the count too."""
    for _ in range(3):
        make_customer(client)
    with queries() as plain:
        client.get("/customers")
    with queries() as filtered:
        client.get("/customers?type=business&limit=2")
    assert (len(plain), len(filtered)) == (4, 5)


def test_export(client, member, tenant):
    tag = client.post("/leads/meta/tags", {"name": "Festival"}).json()["id"]
    make_customer(
        client,
        name="=cmd",
        gstin=GSTIN,
        billingAddress=PUNE,
        shippingAddresses=[PUNE],
        tagIds=[tag],
        creditLimit="5",
    )
    make_customer(client, name="Other", type="individual")
    response = client.get("/customers/export?type=business")
    assert response["Content-Disposition"].startswith('attachment; filename="customers-')
    [row] = csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig")))
    assert {name: row[name] for name in row if name not in {"createdAt", "updatedAt"}} == {
        "code": "CU-00001", "type": "business", "name": "'=cmd", "contactPerson": "", "email": "", "phone": "",
        "alternatePhone": "", "gstin": GSTIN, "pan": GSTIN[2:12], "gstCategory": "registered",
        "billingAddress.line1": "1 Demo Road", "billingAddress.line2": "", "billingAddress.city": "Pune",
        "billingAddress.state": "Maharashtra", "billingAddress.stateCode": "27", "billingAddress.pincode": "411001",
        "billingAddress.country": "India", "shippingAddresses": row["shippingAddresses"], "creditLimit": "5.00",
        "creditDays": "0", "outstanding": "0.00", "tags": "Festival", "notes": "", "owner": client.user.email,
        "isActive": "true",
    }  # fmt: skip
    assert '"city":"Pune"' in row["shippingAddresses"]
    response = member(customers=["view"]).get("/customers/export")
    assert (response.status_code, response.json()["action"]) == (403, "canExport")


def test_a_narrow_list_reads_an_index(client, tenant):
    """On a table that is large enough for the planner to care."""
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("""
            INSERT INTO customer (id, created_at, updated_at, version, number, code, type, name, contact_person, email,
              phone, alternate_phone, gstin, pan, gst_category, billing_address, shipping_addresses, credit_days,
              outstanding, notes, is_active, city_key, state_code, email_key, name_key, search_text)
            SELECT gen_random_uuid(), now(), now(), 1, n, 'X-' || n, 'business', 'Demo ' || n, '', '', '', '', '', '',
              'unregistered', '{}', '[]', 0, n, '', true, '', '', '', 'demo ' || n, ' demo ' || n || chr(10)
            FROM generate_series(1, 20000) n
        """)
        cursor.execute("ANALYZE customer")
        for queryset, index in (
            (Customer.objects.order_by("-created_at", "-id")[:25], "customer_created"),
            (Customer.objects.order_by("name_key", "id")[:25], "customer_name"),
            (Customer.objects.order_by("-number", "-id")[:25], "customer_number"),
            (Customer.objects.order_by("-outstanding", "-id")[:25], "customer_outstanding"),
            (Customer.objects.filter(search_text__contains="demo 19999"), "customer_search"),
            (Customer.objects.filter(gstin=GSTIN), "customer_gstin_once"),
            (Customer.objects.filter(email_key="a@example.com"), "customer_email"),
        ):
            assert index in queryset.explain(), queryset.explain()
