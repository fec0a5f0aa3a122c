"""POST /sales/calculate: the engine over HTTP, nothing stored."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from nextgenerp.core.tenancy import tenant_context
from sales.models import Quotation
from sales.tests.documents import field_errors, register_company

CASES = json.loads((Path(settings.BASE_DIR) / "nextgenerp/core/documents/tests/gst-cases.json").read_text())


def body_of(case):
    """A worked case as a body; lines are named."""
    body = {name: value for name, value in case.items() if name not in {"name", "source", "expected"}}
    return body | {"lines": [{"name": f"Line {n}", **line} for n, line in enumerate(case["lines"], 1)]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_worked_case_is_answered_to_the_paisa(case, tenant, member):
    register_company(tenant)
    response = member().post("/sales/calculate", body_of(case))
    assert response.status_code == 200, response.content
    answer = response.json()
    expected = case["expected"]
    lines = [
        {name: line[name] for name in wanted}
        for line, wanted in zip(answer["lines"], expected["lines"], strict=True)
    ]
    assert lines == expected["lines"]
    totals = {name: value for name, value in expected["totals"].items() if name != "payableFormatted"}
    assert {name: answer["totals"][name] for name in totals} == totals
    assert answer["supplyType"] == case["supplyType"]


def test_a_company_without_gstin_charges_none_and_nothing_is_stored(tenant, member):
    client = member()
    line = {"name": "Demo", "quantity": "3", "unitPrice": "33.335", "gstRate": "18"}
    answer = client.post(
        "/sales/calculate", {"lines": [line], "discountType": "percent", "discountValue": "10"}
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["lines"][0]["gross"] == "100.01"
    assert body["lines"][0]["documentDiscount"] == "10.00"
    assert (body["lines"][0]["cgst"], body["totals"]["taxTotal"]) == ("0.00", "0.00")
    assert (body["totals"]["grandTotal"], body["totals"]["roundOff"], body["totals"]["payable"]) == (
        "90.01", "-0.01", "90.00",
    )  # fmt: skip
    steps = {step["name"]: step for step in body["steps"]}
    assert steps["gross"] == {
        "name": "gross", "field": "lines.0.gross", "value": "100.01",
        "text": "3 × 33.335 = 100.005, to the paisa 100.01",
    }  # fmt: skip
    assert steps["round_off"]["value"] == "-0.01"
    with tenant_context(tenant):
        assert not Quotation.objects.exists()


@pytest.mark.parametrize(
    ("given", "place", "supply"),
    [
        ({}, "27", "intra"),
        ({"placeOfSupply": "29"}, "29", "inter"),
        ({"customerGstCategory": "overseas"}, "96", "export"),
        ({"customerGstCategory": "sez"}, "27", "sez"),
        ({"billingAddress": {"state": "Goa"}}, "30", "inter"),
        ({"supplyType": "inter"}, "27", "inter"),
    ],
    ids=str,
)
def test_the_place_of_supply_decides_the_taxes(given, place, supply, tenant, member):
    register_company(tenant)
    line = {"name": "Demo", "quantity": "1", "unitPrice": "100", "gstRate": "18"}
    answer = member().post("/sales/calculate", {"lines": [line]} | given).json()
    assert (answer["placeOfSupply"], answer["supplyType"]) == (place, supply)
    halves = ("9.00", "9.00", "0.00") if supply == "intra" else ("0.00", "0.00", "18.00")
    assert tuple(answer["totals"][name] for name in ("cgst", "sgst", "igst")) == halves


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"lines": []}, ("lines", "empty")),
        ({"placeOfSupply": "99"}, ("placeOfSupply", "invalid_state")),
        ({"supplyType": "abroad"}, ("supplyType", "invalid_choice")),
        ({"currency": "USD"}, ("currency", "invalid_choice")),
        ({"misspelt": 1}, ("misspelt", "unknown_field")),
        ({"discountType": "amount", "discountValue": "101"}, ("discountValue", "max_value")),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(given, error, tenant, member):
    line = {"name": "Demo", "quantity": "1", "unitPrice": "100"}
    assert error in field_errors(member().post("/sales/calculate", {"lines": [line]} | given))
