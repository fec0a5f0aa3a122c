"""A document's columns computed of what was entered: the one bridge between stored documents and the GST engine."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from nextgenerp.core.documents.models import Document, DocumentLine
from nextgenerp.core.documents.place_of_supply import supply_type
from nextgenerp.core.documents.totals import Charge, Computed, DocumentInput, LineInput, compute
from nextgenerp.core.names import camel_case

ENTERED = (
    "quantity", "unit_price", "discount_type", "discount_value", "gst_rate", "cess_rate", "tax_treatment",
    "hsn_sac", "unit",
)  # fmt: skip
LINE_FIGURES = (
    "gross", "discount_amount", "document_discount", "taxable_value", "cgst", "sgst", "igst", "cess", "total",
)  # fmt: skip
# Figures of the engine by the column that keeps them; tax_total is their sum and not kept.
FIGURES = {
    **{name: name for name in (
        "sub_total", "line_discount", "document_discount", "taxable_value", "exempt_value", "cgst", "sgst", "igst",
        "cess", "other_charges", "grand_total", "round_off", "payable",
    )},
    "taxable_charges": "charges",
}  # fmt: skip


def document_input(document: Document, lines: Sequence[DocumentLine]) -> DocumentInput:
    """What the engine is told of a document, stored or not."""
    return DocumentInput(
        lines=[LineInput(*(getattr(line, name) for name in ENTERED)) for line in lines],
        tax_mode=document.tax_mode,
        supply_type=document.supply_type,
        reverse_charge=document.reverse_charge,
        export_type=document.export_type,
        discount_type=document.discount_type,
        discount_value=document.discount_value,
        charges=[
            Charge(charge["label"], Decimal(charge["amount"]), charge["taxable"])
            for charge in document.charges
        ],
        round_off=document.rounds_off,
        tax_rounding=document.tax_rounding,
        charges_gst=document.charges_gst,
    )


def supply_type_of(document: Document, company_state: str) -> str:
    """Whether a document is intra-state, inter-state, an export or a supply to an SEZ."""
    customer: Any = document.customer
    return supply_type(
        document.place_of_supply,
        company_state=company_state,
        gst_category=customer.gst_category if customer else "",
    )


def recompute(document: Document, lines: Sequence[DocumentLine]) -> Computed:
    """Fill all computed columns of a document and its lines from what is entered; nothing is stored.

    Raises Invalid naming the field.
    """
    computed = compute(document_input(document, lines))
    for line, figures in zip(lines, computed.lines, strict=True):
        for name in LINE_FIGURES:
            setattr(line, name, getattr(figures, name))
    for column, name in FIGURES.items():
        setattr(document, column, getattr(computed.totals, name))
    document.hsn_summary = spoken(computed.totals.hsn_summary)
    document.tax_summary = spoken(computed.totals.tax_summary)
    return computed


def spoken(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of a summary as the API speaks them: camelCase names, numbers as texts."""
    return [spoken_value(asdict(row)) for row in rows]


def spoken_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel_case(name): spoken_value(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [spoken_value(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
