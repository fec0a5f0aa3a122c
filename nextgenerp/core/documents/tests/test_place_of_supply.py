"""Places of supply, and which taxes follow."""

import pytest

from nextgenerp.core.documents.place_of_supply import (
    PLACES,
    charges_gst,
    check_place,
    default_place,
    invoice_title,
    state_tax_label,
    supply_type,
)
from nextgenerp.core.exceptions import Invalid

GSTIN = "27AAPFU0939F1ZV"


@pytest.mark.parametrize(
    ("customer", "place"),
    [
        ({"gst_category": "registered", "gstin": GSTIN, "billing_state": "29"}, "27"),
        ({"gst_category": "composition", "gstin": GSTIN}, "27"),
        ({"gst_category": "sez", "gstin": GSTIN, "shipping_state": "29"}, "27"),
        (
            {"gst_category": "registered", "gstin": "28AAACR5055K1Z1"},
            "37",
        ),  # Andhra Pradesh before its partition
        ({"gst_category": "registered", "billing_state": "29"}, "29"),
        ({"gst_category": "unregistered", "billing_state": "29", "shipping_state": "27"}, "29"),
        ({"gst_category": "unregistered"}, "33"),
        ({"gst_category": "overseas"}, "96"),
        ({"gst_category": "overseas", "billing_state": "29"}, "96"),
        ({"gst_category": "overseas", "shipping_state": "24"}, "24"),
    ],
)
def test_default(customer, place):
    assert default_place(**customer, company_state="33") == place


def test_a_place_is_a_state_or_abroad():
    assert [check_place(place) for place in PLACES] == list(PLACES)
    assert len(PLACES) == 38
    for wrong in ("", "00", "25", "28", "39", "99", "7", "Delhi"):
        with pytest.raises(Invalid) as caught:
            check_place(wrong)
        assert caught.value.errors[0]["field"] == "placeOfSupply"


@pytest.mark.parametrize(
    ("place", "category", "expected"),
    [
        ("27", "registered", "intra"), ("27", "unregistered", "intra"), ("29", "registered", "inter"),
        ("27", "sez", "sez"), ("29", "sez", "sez"), ("96", "sez", "sez"),
        ("96", "overseas", "export"), ("27", "overseas", "intra"), ("29", "overseas", "inter"),
        ("96", "registered", "export"), ("97", "registered", "inter"), ("", "registered", "intra"),
    ],
)  # fmt: skip
def test_supply_type(place, category, expected):
    assert supply_type(place, company_state="27", gst_category=category) == expected


def test_the_states_half_has_another_name_in_union_territories():
    found = {place for place in PLACES if state_tax_label(place) == "UTGST"}
    assert found == {"04", "26", "31", "35", "38", "97"}
    assert {state_tax_label(place) for place in ("07", "34", "01")} == {"SGST"}  # they have legislatures


def test_a_company_without_gstin_gives_bills_of_supply():
    assert (charges_gst(""), charges_gst(GSTIN)) == (False, True)
    assert invoice_title(charges_gst=False) == "Bill of Supply"
    assert invoice_title(charges_gst=True) == "Tax Invoice"
