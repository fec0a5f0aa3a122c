"""A document computed without being stored: the same engine, with every rounding step told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nextgenerp.core.documents.company import company
from nextgenerp.core.documents.computation import document_input, recompute
from nextgenerp.core.documents.lines import merged
from nextgenerp.core.documents.place_of_supply import default_place, supply_type
from nextgenerp.core.documents.services import as_stored, fill_from_customer
from nextgenerp.core.documents.totals import Step, explain
from nextgenerp.core.tenancy import tenant_today
from sales.kinds import QUOTATION


@dataclass(frozen=True, slots=True)
class Calculation:
    """A document and its lines with their figures, neither stored, and how they came about."""

    document: Any
    lines: list[Any]
    steps: list[Step]


def calculate(
    values: dict[str, Any],
    lines: Sequence[dict[str, Any]],
    *,
    given_supply: str = "",
    gst_category: str = "",
    tax_rounding: str = "",
) -> Calculation:
    """Compute a document of columns and lines as ``create_document`` would; nothing is stored.

    What is given beside them takes the place of what the customer, the place of supply and the company say. Raises
    Invalid naming the field.
    """
    own = company()
    values = {"date": tenant_today(), "rounds_off": own.profile.round_off} | as_stored(values)
    document = QUOTATION.model(**values, charges_gst=own.charges_gst)
    customer: Any = document.customer
    if gst_category and customer is None and not document.place_of_supply:
        document.place_of_supply = default_place(
            gst_category=gst_category,
            billing_state=document.billing_address.get("stateCode", ""),
            shipping_state=document.shipping_address.get("stateCode", ""),
            company_state=own.state_code,
        )
    fill_from_customer(document, own)
    made = merged(QUOTATION, document, [], [{**line, "id": None} for line in lines])
    document.tax_rounding = tax_rounding or own.profile.tax_rounding
    document.supply_type = given_supply or supply_type(
        document.place_of_supply,
        company_state=own.state_code,
        gst_category=gst_category or (customer.gst_category if customer else ""),
    )
    recompute(document, made)
    return Calculation(document, made, explain(document_input(document, made)))
