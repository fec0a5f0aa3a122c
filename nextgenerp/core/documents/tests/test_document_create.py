"""Documents made: what is filled in, what is computed, what is refused."""

from decimal import Decimal

import pytest

from nextgenerp.core.documents.models import BankAccount, CompanyProfile, TermsTemplate
from nextgenerp.core.documents.tests.cases import CASES
from nextgenerp.core.documents.tests.estimates import (
    BENGALURU,
    GRANTS,
    KARNATAKA,
    PUNE,
    customer,
    errors,
    estimate,
    history_of,
    line,
    make,
    read,
    refused,
    register_of,
    stored,
)
from nextgenerp.core.tenancy import tenant_context, tenant_today


def test_customer_and_lines_are_enough(client, tenant):
    buyer = customer(client)
    response = client.post("/estimates", {"customerId": buyer["id"], "lines": [line()]})
    body = response.json()
    assert response.status_code == 201, body
    assert response["Location"] == f"/estimates/{body['id']}"
    assert response["ETag"] == '"1"'
    seat = client.seat
    made = {key: body[key] for key in body if key not in {"id", "lines", "createdAt", "updatedAt", "totals"}}
    with tenant_context(tenant):
        today = tenant_today().isoformat()
    assert made.pop("number").endswith("/0001")
    assert made == {
        "date": today, "customerId": buyer["id"],
        "customer": {"id": buyer["id"], "code": buyer["code"], "name": "Demo Works"},
        "billingAddress": PUNE, "shippingAddress": PUNE, "placeOfSupply": "27", "supplyType": "intra",
        "reverseCharge": False, "exportType": "with_payment", "taxMode": "exclusive", "currency": "INR",
        "discountType": "percent", "discountValue": "0.000", "charges": [], "roundOff": True, "notes": "",
        "terms": "", "bankAccountId": None, "referenceNo": "", "ownerId": str(seat.id),
        "owner": {"id": str(seat.id), "name": f"{seat.first_name} {seat.last_name}"},
        "createdById": str(seat.id), "version": 1, "validUntil": None,
    }  # fmt: skip
    assert body["lines"] == [{
        "id": body["lines"][0]["id"], "productId": None, "name": "Widget", "description": "", "hsnSac": "",
        "quantity": "2.000", "unit": "", "unitPrice": "100.0000", "discountType": "percent",
        "discountValue": "0.000", "gstRate": "18.000", "cessRate": "0.000", "taxTreatment": "taxable",
        "sourceLineId": None, "gross": "200.00", "discountAmount": "0.00", "documentDiscount": "0.00",
        "taxableValue": "200.00", "cgst": "18.00", "sgst": "18.00", "igst": "0.00", "cess": "0.00",
        "total": "236.00", "takenQuantity": "0.000",
    }]  # fmt: skip
    taxes = {"taxableValue": "200.00", "cgst": "18.00", "sgst": "18.00", "igst": "0.00", "cess": "0.00"}
    row = {"gstRate": "18.000", **taxes, "taxTotal": "36.00"}
    assert body["totals"] == {
        "subTotal": "200.00", "lineDiscount": "0.00", "documentDiscount": "0.00", "charges": "0.00",
        "exemptValue": "0.00", **taxes, "taxTotal": "36.00", "otherCharges": "0.00", "grandTotal": "236.00",
        "roundOff": "0.00", "payable": "236.00", "amountInWords": "Rupees Two Hundred Thirty-Six Only",
        "hsnSummary": [{"hsnSac": "", "quantities": [{"unit": "", "quantity": "2.000"}], **row}],
        "taxSummary": [row],
    }  # fmt: skip
    assert read(client, body["id"]) == body
    assert history_of(tenant, body) == [("created", {})]
    assert register_of(tenant) == [(body["number"], "used")]


def supply_of(case):
    """A customer and header that make a case's supply: the company is in Maharashtra."""
    return {
        "intra": {},
        "inter": {"billingAddress": BENGALURU},
        "export": {"gstCategory": "overseas", "billingAddress": {"line1": "Demo", "country": "Nepal"}},
        "sez": {"gstCategory": "sez"},
    }[case["supplyType"]]


HEADER = ("taxMode", "reverseCharge", "exportType", "discountType", "discountValue", "charges", "roundOff")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_worked_cases_are_stored_to_the_paisa(client, tenant, case):
    with tenant_context(tenant):
        CompanyProfile.objects.update(tax_rounding=case.get("taxRounding", "progressive"))
    buyer = customer(client, **supply_of(case))
    header = {name: case[name] for name in HEADER if name in case}
    lines = [{"name": "Demo"} | one for one in case["lines"]]
    made = read(client, estimate(client, customerId=buyer["id"], lines=lines, **header)["id"])
    expected = case["expected"]
    assert made["supplyType"] == case["supplyType"]
    assert [{name: one[name] for name in expected["lines"][0]} for one in made["lines"]] == expected["lines"]
    totals = {name: value for name, value in expected["totals"].items() if name != "payableFormatted"}
    assert {name: made["totals"][name] for name in totals} == totals


def test_a_company_without_gstin_charges_no_gst(client, tenant):
    tenant.gstin = ""
    tenant.save()
    totals = estimate(client)["totals"]
    assert (totals["taxTotal"], totals["payable"], totals["taxSummary"][0]["gstRate"]) == (
        "0.00", "200.00", "0.000",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("buyer", "values", "place", "supply"),
    [
        ({}, {}, "27", "intra"),
        ({"gstin": KARNATAKA, "gstCategory": "registered", "billingAddress": BENGALURU}, {}, "29", "inter"),
        ({"billingAddress": {}}, {}, "27", "intra"),
        ({"billingAddress": {}}, {"billingAddress": BENGALURU}, "29", "inter"),
        ({}, {"placeOfSupply": "29"}, "29", "inter"),
        ({}, {"placeOfSupply": "96"}, "96", "export"),
        ({}, {"placeOfSupply": ""}, "27", "intra"),
        ({"gstCategory": "sez"}, {}, "27", "sez"),
        ({"gstCategory": "overseas", "billingAddress": {"country": "Nepal"}}, {}, "96", "export"),
        (
            {"gstCategory": "overseas", "billingAddress": {"country": "Nepal"}, "shippingAddresses": [BENGALURU]},
            {}, "29", "inter",
        ),
    ],
)  # fmt: skip
def test_the_place_of_supply_follows_from_the_customer(client, buyer, values, place, supply):
    made = estimate(client, customerId=customer(client, **buyer)["id"], **values)
    assert (made["placeOfSupply"], made["supplyType"]) == (place, supply)


def test_goods_go_to_the_customers_first_shipping_address(client):
    buyer = customer(client, shippingAddresses=[BENGALURU, PUNE])
    made = estimate(client, customerId=buyer["id"])
    assert (made["billingAddress"], made["shippingAddress"]) == (PUNE, BENGALURU)
    assert (made["placeOfSupply"], made["supplyType"]) == ("27", "intra")


def test_a_product_gives_what_is_not_said(client):
    product = make(
        client, "/inventory/products", sku="W-1", name="Wheel", unit="PCS", hsnSac="8714", gstRate="18",
        salePrice="118", taxMode="inclusive",
    )  # fmt: skip
    given = {"productId": product["id"], "quantity": 1}
    made = estimate(
        client, lines=[given, given | {"name": "Own", "unitPrice": "90", "gstRate": "5", "unit": ""}]
    )
    names = ("productId", "name", "unit", "hsnSac", "gstRate", "unitPrice")
    assert [tuple(one[name] for name in names) for one in made["lines"]] == [
        (product["id"], "Wheel", "PCS", "8714", "18.000", "100.0000"),
        (product["id"], "Own", "", "8714", "5.000", "90.0000"),
    ]
    inclusive = estimate(client, lines=[given], taxMode="inclusive")
    assert inclusive["lines"][0]["unitPrice"] == "118.0000"
    assert inclusive["totals"]["payable"] == "118.00"


def test_the_company_gives_bank_account_terms_and_rounding(client, tenant):
    with tenant_context(tenant):
        account = {
            "account_name": "Demo",
            "bank_name": "Demo Bank",
            "account_number": "123456789",
            "ifsc": "DEMO0000001",
        }
        usual = BankAccount.objects.create(**account, is_default=True)
        other = BankAccount.objects.create(**account)
        for name, types, usual_one in (
            ("A", ["invoice"], True), ("B", ["invoice", "quotation"], True), ("C", ["quotation"], False),
        ):  # fmt: skip
            TermsTemplate.objects.create(
                name=name, content=name * 3, document_types=types, is_default=usual_one
            )
        CompanyProfile.objects.update(round_off=False)
    lines = [line(unitPrice="100.10")]
    made = estimate(client, lines=lines)
    assert (made["bankAccountId"], made["terms"], made["roundOff"]) == (str(usual.pk), "BBB", False)
    assert made["totals"]["payable"] == "236.24"
    said = estimate(client, lines=lines, bankAccountId=str(other.pk), terms="Own", roundOff=True)
    assert (said["bankAccountId"], said["terms"], said["roundOff"]) == (str(other.pk), "Own", True)
    assert (said["totals"]["payable"], said["totals"]["roundOff"]) == ("236.00", "-0.24")
    none = estimate(client, bankAccountId=None, terms="")
    assert (none["bankAccountId"], none["terms"]) == (None, "")


def test_what_the_server_computes_is_ignored(client):
    made = estimate(client)
    sent = made | {"number": "MINE", "totals": {"payable": "1.00"}, "supplyType": "export", "version": 7}
    sent["lines"] = [made["lines"][0] | {"total": "1.00", "takenQuantity": "2.000"}]
    again = make(client, "/estimates", **sent)
    assert again["id"] != made["id"]
    assert again["lines"][0]["id"] != made["lines"][0]["id"]
    assert (again["number"][-4:], again["supplyType"], again["version"]) == ("0002", "intra", 1)
    assert again["totals"] == made["totals"]
    assert again["lines"][0]["takenQuantity"] == "0.000"


def test_nine_statements_make_a_document_of_five_lines(client, queries):
    product = make(client, "/inventory/products", sku="W-1", name="Wheel")
    other = make(client, "/inventory/products", sku="W-2", name="Bell")
    lines = [line(), line(), line(), *({"productId": one["id"], "quantity": 1} for one in (product, other))]
    buyer = customer(client)
    estimate(client, customerId=buyer["id"])  # begins the period
    with queries() as seen:
        estimate(client, customerId=buyer["id"], lines=lines)
    assert len(seen) == 9, seen
    # From the counter on others wait; all that is left then is the document itself.
    assert "INSERT INTO issued_number" in seen[7]
    assert seen[8].startswith('INSERT INTO "estimate"')


def test_two_hundred_lines_are_the_most(client, tenant):
    made = estimate(client, lines=[line(name=f"Line {n}") for n in range(200)])
    assert [one["name"] for one in read(client, made["id"])["lines"]] == [f"Line {n}" for n in range(200)]
    buyer = customer(client)
    body = {"customerId": buyer["id"], "lines": [line()] * 201}
    refused(tenant, lambda: client.post("/estimates", body), ("lines", "max_length"))


FREIGHT = {"label": "Freight", "amount": 1, "taxable": True}
OFF = {"discountType": "amount"}
AN_ID = "01a21540-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"lines": []}, [("lines", "empty")]),
        ({"lines": None}, [("lines", "null")]),
        ({"lines": "x"}, [("lines", "not_a_list")]),
        ({"lines": [1]}, [("lines.0", "invalid")]),
        ({"lines": [line(), line(), line(quantity="0")]}, [("lines.2.quantity", "min_value")]),
        ({"lines": [line(quantity="1.0001")]}, [("lines.0.quantity", "max_decimal_places")]),
        ({"lines": [line(quantity="NaN")]}, [("lines.0.quantity", "invalid")]),
        ({"lines": [line(unitPrice="-1")]}, [("lines.0.unitPrice", "min_value")]),
        ({"lines": [line(unitPrice="1.00001")]}, [("lines.0.unitPrice", "max_decimal_places")]),
        ({"lines": [line(gstRate="100.001")]}, [("lines.0.gstRate", "max_value")]),
        ({"lines": [line(hsnSac="12")]}, [("lines.0.hsnSac", "invalid")]),
        ({"lines": [line(discountValue="100.5")]}, [("lines.0.discountValue", "max_value")]),
        ({"lines": [line(**OFF, discountValue="200.01")]}, [("lines.0.discountValue", "max_value")]),
        ({"lines": [line(**OFF, discountValue="1.001")]}, [("lines.0.discountValue", "max_decimal_places")]),
        ({"lines": [line(taxTreatment="free")]}, [("lines.0.taxTreatment", "invalid_choice")]),
        ({"lines": [line(name="")]}, [("lines.0.name", "blank")]),
        ({"lines": [{"quantity": 1}]}, [("lines.0.name", "required"), ("lines.0.unitPrice", "required")]),
        ({"lines": [{"name": "x", "unitPrice": 1}]}, [("lines.0.quantity", "required")]),
        ({"lines": [line(), line(productId=AN_ID)]}, [("lines.1.productId", "does_not_exist")]),
        ({"lines": [line(productId="x")]}, [("lines.0.productId", "does_not_exist")]),
        ({"lines": [line(price=1)]}, [("lines.0.price", "unknown_field")]),
        ({"lines": [line(quantity=10**11, unitPrice=10**10)]}, [("lines.0.unitPrice", "max_value")]),
        ({"lines": [line(quantity=10**6, unitPrice=8 * 10**6)] * 2}, [("lines", "max_value")]),
        ({"customerId": AN_ID}, [("customerId", "does_not_exist")]),
        ({"customerId": None}, [("customerId", "null")]),
        ({"bankAccountId": AN_ID}, [("bankAccountId", "does_not_exist")]),
        ({"ownerId": AN_ID}, [("ownerId", "does_not_exist")]),
        ({"currency": "USD"}, [("currency", "invalid_choice")]),
        ({"placeOfSupply": "25"}, [("placeOfSupply", "invalid_state")]),
        ({"placeOfSupply": "271"}, [("placeOfSupply", "max_length")]),
        ({"date": "31/03/2027"}, [("date", "invalid")]),
        ({"discountValue": "100.001"}, [("discountValue", "max_value")]),
        ({**OFF, "discountValue": "200.01"}, [("discountValue", "max_value")]),
        ({"lines": [line(unitPrice=0)], "discountValue": 1}, [("discountValue", "invalid")]),
        ({"lines": [line(unitPrice=0)], "charges": [FREIGHT]}, [("charges", "invalid")]),
        ({"charges": [{"label": "x"}]}, [("charges.0.amount", "required")]),
        ({"charges": [{"label": "", "amount": 1}]}, [("charges.0.label", "blank")]),
        ({"charges": [FREIGHT, FREIGHT | {"amount": "-1"}]}, [("charges.1.amount", "min_value")]),
        ({"charges": [FREIGHT] * 21}, [("charges", "max_length")]),
        ({"charges": {"label": "x"}}, [("charges", "not_a_list")]),
        ({"billingAddress": {"pincode": "012345"}}, [("billingAddress.pincode", "invalid_pincode")]),
        ({"shippingAddress": 5}, [("shippingAddress", "invalid")]),
        ({"notes": "x" * 5001}, [("notes", "max_length")]),
        ({"terms": "x" * 8001}, [("terms", "max_length")]),
        ({"total": "1.00"}, [("total", "unknown_field")]),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(client, tenant, values, expected):
    body = {"customerId": customer(client)["id"], "lines": [line()]} | values
    refused(tenant, lambda: client.post("/estimates", body), *expected)


def test_customers_out_of_scope_are_not_there(client, member, tenant):
    other = member(scope="own", **GRANTS)
    body = {"customerId": customer(client)["id"], "lines": [line()]}
    refused(tenant, lambda: other.post("/estimates", body), ("customerId", "does_not_exist"))


def test_a_failure_after_the_number_gives_it_back(client, tenant):
    buyer = customer(client)
    before = stored(tenant)
    response = client.post(
        "/estimates", {"customerId": buyer["id"], "lines": [line()], "referenceNo": "fail"}
    )
    assert response.status_code == 409
    assert stored(tenant) == before
    assert estimate(client, customerId=buyer["id"])["number"].endswith("/0001")


def test_amounts_at_the_edge_of_their_columns_are_exact(client):
    made = estimate(
        client, lines=[line(quantity=1000, unitPrice="9999999999.9999", gstRate=0)], roundOff=False
    )
    assert made["totals"]["payable"] == "9999999999999.90"
    assert Decimal(read(client, made["id"])["totals"]["payable"]) == Decimal("9999999999999.90")
    too_much = client.post(
        "/estimates",
        {
            "customerId": made["customerId"],
            "lines": [line(quantity=1, unitPrice="99999999999.99", gstRate=100)] * 51,
        },
    )
    assert errors(too_much) == [("lines", "max_value")]
