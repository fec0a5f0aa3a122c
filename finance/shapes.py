"""The shapes of finance's figures, for the OpenAPI document: answered at /finance/summary and on the dashboard."""

from nextgenerp.core.api.documents_fields import DECIMAL, object_schema

DAY = {"type": "string", "format": "date"}
OF_A_MONTH = dict.fromkeys(("revenue", "grossRevenue", "collected", "expenses", "profit"), DECIMAL)
MONTH = object_schema(month={"type": "string", "examples": ["2026-11"]}, **OF_A_MONTH)
SUMMARY = object_schema(
    **{"from": DAY, "to": DAY},
    **OF_A_MONTH,
    outstanding=DECIMAL,
    overdue=DECIMAL,
    taxCollected=object_schema(**dict.fromkeys(("cgst", "sgst", "igst", "cess"), DECIMAL)),
    monthly={"type": "array", "items": MONTH},
)
