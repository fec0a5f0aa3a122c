"""Postal addresses: what makes one whole, and what an Indian one must not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextgenerp.core.addresses import PARTS, AddressProblem, complete_address, no_address
from nextgenerp.core.gst import STATES


@pytest.mark.parametrize(
    ("given_parts", "expected"),
    [
        ({}, {}),
        ({"city": "Pune"}, {"city": "Pune", "country": "India"}),
        ({"country": "bharat"}, {"country": "India"}),
        ({"state": "tamil  nadu"}, {"state": "Tamil Nadu", "stateCode": "33", "country": "India"}),
        ({"stateCode": "7"}, {"state": "Delhi", "stateCode": "07", "country": "India"}),
        ({"stateCode": "28"}, {"state": "Andhra Pradesh", "stateCode": "37", "country": "India"}),
        ({"state": "27", "stateCode": "27"}, {"state": "Maharashtra", "stateCode": "27", "country": "India"}),
        ({"pincode": "411 001"}, {"pincode": "411001", "country": "India"}),
        (
            {"country": "Nepal", "state": "Bagmati", "pincode": "04-4600"},
            {"country": "Nepal", "state": "Bagmati", "pincode": "04-4600"},
        ),
    ],
)
def test_an_address_is_completed(given_parts, expected):
    assert complete_address(given_parts) == no_address() | expected


@pytest.mark.parametrize(
    ("given_parts", "part", "code"),
    [
        ({"pincode": "011001"}, "pincode", "invalid_pincode"),
        ({"pincode": "4110011"}, "pincode", "invalid_pincode"),
        ({"pincode": "४११००१"}, "pincode", "invalid_pincode"),
        ({"state": "Atlantis"}, "state", "invalid_state"),
        ({"stateCode": "96"}, "stateCode", "invalid_state"),
        ({"state": "Goa", "stateCode": "27"}, "stateCode", "invalid_state"),
        ({"country": "Nepal", "stateCode": "27"}, "stateCode", "invalid_state"),
    ],
)
def test_what_is_no_address_is_named(given_parts, part, code):
    with pytest.raises(AddressProblem) as caught:
        complete_address(given_parts)
    assert (caught.value.part, caught.value.code) == (part, code)


words = st.text(max_size=12)
states = st.sampled_from([*STATES, *STATES.values(), ""])


@given(
    st.fixed_dictionaries(
        {},
        optional={"line1": words, "city": words, "state": states, "pincode": st.sampled_from(["", "411001"])},
    )
)
def test_a_completed_address_is_complete(parts):
    address = complete_address(parts)
    assert list(address) == list(PARTS)
    assert complete_address(address) == address
    assert STATES.get(address["stateCode"], "") == address["state"]
