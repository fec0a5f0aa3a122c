"""The published list of endpoints, docs/endpoints.tsv: what each is called, who may call it, whether it is served."""

import csv
from dataclasses import dataclass
from functools import cache

from django.conf import settings

# First segment of a path → the group it is published in, in the order of the reference.
GROUPS = {
    "health": "Health",
    "auth": "Authentication",
    "users": "Users",
    "organizations": "Organizations",
    "subscription": "Subscription",
    "customers": "Customers",
    "deals": "Deals",
    "dashboard": "Dashboard",
    "finance": "Finance",
    "inventory": "Inventory",
    "payment": "Payment",
    "email": "Email",
    "leads": "Leads",
    "imports": "Imports",
    "sales-settings": "Sales Settings",
    "sales": "Sales Calculation",
    "quotations": "Quotations",
    "proforma-invoices": "Proforma Invoices",
    "sales-orders": "Sales Orders",
    "admin": "Admin",
    "files": "Files",
    "metrics": "Operations",
    "": "Reference",
    "openapi.json": "Reference",
    "docs": "Reference",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One published endpoint; ``path`` has its parameters as ``:id``."""

    method: str
    path: str
    auth: str
    description: str
    served: bool


@cache
def rows() -> dict[tuple[str, str], Row]:
    """The published endpoints by method and path, in the published order."""
    with (settings.BASE_DIR / "docs" / "endpoints.tsv").open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            (line["method"], line["path"]): Row(
                line["method"], line["path"], line["auth"], line["description"], line["status"] == "served"
            )
            for line in lines
        }


def group_of(path: str) -> str:
    """The group of a path, by its first segment."""
    return GROUPS[path.strip("/").split("/")[0]]
