"""Customers as documents see them: the model by its name, and what is printed of a buyer."""

from typing import Any

from django.apps import apps

CUSTOMER = "crm.Customer"


def customer_model() -> Any:
    """The model that documents' customers are of."""
    return apps.get_model(CUSTOMER)


def buyer(
    *, name: str, contact_person: str = "", gstin: str = "", email: str = "", phone: str = ""
) -> dict[str, str]:
    """Who buys, as it is copied onto a document that leaves draft."""
    return {"name": name, "contactPerson": contact_person, "gstin": gstin, "email": email, "phone": phone}


def customer_as_buyer(document: Any) -> dict[str, str]:
    """The customer of a document as its buyer; an empty one where there is no customer."""
    customer = document.customer
    if customer is None:
        return buyer(name="")
    return buyer(
        name=customer.name,
        contact_person=customer.contact_person,
        gstin=customer.gstin,
        email=customer.email,
        phone=customer.phone,
    )
