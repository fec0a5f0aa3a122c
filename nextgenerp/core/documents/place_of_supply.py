"""Where a supply is made by GST's rules and which taxes follow from it; pure, states by their GST codes."""

from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.gst import STATES, state_of

ABROAD = "96"
PLACES = STATES | {ABROAD: "Other Countries"}
# Union territories without a legislature, where the state's half is UTGST (UTGST Act, section 2(114)).
UNION_TERRITORIES = frozenset({"04", "26", "31", "35", "38", "97"})


def default_place(
    *,
    gst_category: str,
    gstin: str = "",
    billing_state: str = "",
    shipping_state: str = "",
    company_state: str = "",
) -> str:
    """Return the place of supply to begin with; it can always be edited.

    An address abroad has no state. A customer of whom no state is known is supplied where the company is (IGST Act,
    section 12(2)(b)).
    """
    if gst_category == "overseas":
        return shipping_state or ABROAD
    return (state_of(gstin) if gstin else billing_state) or company_state


def check_place(place: str) -> str:
    """Return a place of supply that there is. Raises Invalid on ``placeOfSupply``."""
    if place not in PLACES:
        raise Invalid.field(
            "placeOfSupply", "invalid_state", "Give the GST code of a state, or 96 for abroad."
        )
    return place


def supply_type(place: str, *, company_state: str, gst_category: str = "") -> str:
    """Return ``sez``, ``export``, ``intra`` or ``inter``; all but ``intra`` are taxed as inter-state.

    A place not known yet is taken to be the company's state.
    """
    if gst_category == "sez":
        return "sez"
    if place == ABROAD:
        return "export"
    return "inter" if place and place != company_state else "intra"


def state_tax_label(place: str) -> str:
    """What the state's half of an intra-state tax is called: ``SGST`` or ``UTGST``."""
    return "UTGST" if place in UNION_TERRITORIES else "SGST"


def charges_gst(company_gstin: str) -> bool:
    """Whether a company charges GST at all: one without a GSTIN may not."""
    return bool(company_gstin)


def invoice_title(*, charges_gst: bool) -> str:
    """What an invoice is called."""
    return "Tax Invoice" if charges_gst else "Bill of Supply"
