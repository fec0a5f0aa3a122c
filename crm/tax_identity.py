"""What a customer's GSTIN, PAN, GST category and billing state have to do with each other; asks no database."""

from collections.abc import Mapping
from typing import Any

from nextgenerp.core.addresses import INDIA, PARTS, Address, complete_address, is_indian, no_address
from nextgenerp.core.gst import STATES, pan_of, state_of
from nextgenerp.core.imports.values import ValueProblem

COLUMNS = ("gstin", "pan", "gst_category", "billing_address")
UNREGISTERED, OVERSEAS, REGISTERED, COMPOSITION = "unregistered", "overseas", "registered", "composition"
NOTHING: dict[str, Any] = {"gstin": "", "pan": "", "gst_category": "", "billing_address": no_address()}
DERIVED_PARTS = {"state", "stateCode", "country"}


class IdentityProblem(ValueProblem):
    """What contradicts the GSTIN: the column at fault, a code, a sentence."""

    def __init__(self, column: str, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.column = column


def complete_identity(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The four columns after ``given`` values were laid over those of ``before``. Raises IdentityProblem.

    A GSTIN brings the PAN, the billing state and a registered category. What the client sends back unchanged
    gives way to a new GSTIN; anything else that contradicts it is refused.
    """
    new = {name: given[name] for name in COLUMNS if name in given and given[name] != before[name]}
    after = {name: new.get(name, before[name]) for name in COLUMNS}
    if not after["gstin"]:
        return after | {"gst_category": category_without(before, new, after["billing_address"])}
    return after | {
        "pan": pan_within(after["gstin"], new.get("pan", "")),
        "gst_category": category_with(after["gst_category"], new),
        "billing_address": address_in(after["gstin"], after["billing_address"], new),
    }


def pan_within(gstin: str, given: str) -> str:
    """The PAN of a GSTIN. Raises IdentityProblem for a given one that is another."""
    pan = pan_of(gstin)
    if given and given != pan:
        raise IdentityProblem("pan", "pan_mismatch", f"The GSTIN holds another PAN, {pan}.")
    return pan


def category_with(category: str, new: Mapping[str, Any]) -> str:
    """The category of who has a GSTIN. Raises IdentityProblem for a newly given one that has none."""
    if category not in {"", UNREGISTERED, OVERSEAS}:
        return category
    if "gst_category" in new:
        raise IdentityProblem(
            "gst_category", "category_mismatch", f"Who has a GSTIN is not {new['gst_category']}."
        )
    return REGISTERED


def category_without(before: Mapping[str, Any], new: Mapping[str, Any], address: Address) -> str:
    """The category of who has no GSTIN: as given, as it was, or by the country of a new customer."""
    if "gst_category" in new:
        return new["gst_category"]
    category = before["gst_category"]
    lost = before["gstin"] and category in {REGISTERED, COMPOSITION}
    if category and not lost:
        return category
    return UNREGISTERED if is_indian(address) else OVERSEAS


def address_in(gstin: str, address: Address, new: Mapping[str, Any]) -> Address:
    """A billing address in the state of a GSTIN. Raises IdentityProblem for one that is elsewhere.

    An address of which only the state is known came with the former GSTIN and goes with it.
    """
    state = state_of(gstin)
    only_state = not any(address[name] for name in PARTS if name not in DERIVED_PARTS)
    if "billing_address" not in new and only_state:
        return complete_address({"stateCode": state})
    if not is_indian(address):
        raise IdentityProblem("billing_address", "state_mismatch", "Who has a GSTIN is billed in India.")
    if address["stateCode"] not in {"", state}:
        column = "billing_address" if "billing_address" in new else "gstin"
        detail = f"The GSTIN belongs to {STATES[state]}, the billing address to {address['state']}."
        raise IdentityProblem(column, "state_mismatch", detail)
    return address | {"state": STATES[state], "stateCode": state, "country": INDIA}
