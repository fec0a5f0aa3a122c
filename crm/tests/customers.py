"""What tests of customers and deals begin with."""

from typing import Any

from stdnum import luhn

from accounts.models import Tenant
from crm.models import Customer, Deal
from nextgenerp.core import entitlements
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client

GSTIN, PAN = "27AAPFU0939F1ZV", "AAPFU0939F"
OTHER_GSTIN, OTHER_PAN = "29AAGCB7383J1Z4", "AAGCB7383J"
PUNE = {
    "line1": "1 Demo Road", "line2": "", "city": "Pune", "state": "Maharashtra", "stateCode": "27",
    "pincode": "411001", "country": "India",
}  # fmt: skip
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def gstin(number: int, state: str = "27") -> str:
    """A valid GSTIN of a PAN that nobody has."""
    stem = f"{state}AAACD{number + 1:04d}A1Z"
    return stem + luhn.calc_check_digit(stem, ALPHABET)


def address(**parts: str) -> dict[str, str]:
    """A whole address as it is answered."""
    return dict.fromkeys(PUNE, "") | parts


def make_customer(client: Client, **values: Any) -> dict[str, Any]:
    response = client.post("/customers", {"name": "Demo Works"} | values)
    assert response.status_code == 201, response.content
    return response.json()


def make_deal(client: Client, **values: Any) -> dict[str, Any]:
    if not values.keys() & {"customerId", "leadId"}:
        values["customerId"] = make_customer(client)["id"]
    response = client.post("/deals", {"title": "Demo looms"} | values)
    assert response.status_code == 201, response.content
    return response.json()


def stored(tenant: Tenant) -> list[int]:
    """How many rows a write may change, and both counters."""
    with tenant_context(tenant):
        tables = (Customer, Customer.tags.through, Deal, Deal.tags.through, HistoryEntry)
        return [table.objects.count() for table in tables] + [
            entitlements.used(key) for key in ("customers", "deals")
        ]


def problem(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
