"""Leads that became customers: the customer, the deal, the lead and their history in one transaction."""

import textwrap
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.models import Customer, Deal, Lead, LeadStatus
from crm.normal import place_on_top
from crm.services.customers import create_customer, lock_customer
from crm.services.deals import create_deal, update_deal
from nextgenerp.core import history
from nextgenerp.core.addresses import PARTS, Address, AddressProblem, complete_address
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.core.tenancy import Actor

LINE = PARTS["line1"]
LONGEST_NAME = Customer._meta.get_field("name").max_length


@transaction.atomic
def convert_lead(
    lead: Lead, *, customer: Customer | None = None, deal: dict[str, Any] | None = None, actor: Actor
) -> Lead:
    """Make a lead the given customer, or a new one from what is known of it; ``deal`` are columns of a new deal.

    The caller holds the lead's row lock; locks the customer, then the lead's deals, which become the customer's. The
    lead goes to the first status that is won, if there is one. Raises Conflict ``already_converted``, LimitReached,
    Invalid, NotFound.
    """
    if lead.converted_at is not None:
        raise Conflict(
            "This lead has been converted.", code="already_converted",
            customerId=lead.customer_id, dealId=lead.deal_id,
        )  # fmt: skip
    if customer is None:
        customer = create_customer(customer_values(lead, actor), actor=actor)
    else:
        customer = lock_customer(customer.id)
    for own in lead.deals.order_by("id").select_for_update():
        update_deal(own, {"lead_id": None, "customer_id": customer.id}, actor=actor)
    made = None
    if deal is not None:
        made = create_deal_of(lead, customer, deal, actor)
    return close(lead, customer, made, actor)


def create_deal_of(lead: Lead, customer: Customer, deal: dict[str, Any], actor: Actor) -> Deal:
    """Make the deal of a conversion. Raises Invalid with the fields as the request names them, LimitReached."""
    try:
        return create_deal(deal_values(lead, actor) | deal | {"customer_id": customer.id}, actor=actor)
    except Invalid as problem:
        errors = [{**error, "field": f"deal.{error['field']}"} for error in problem.errors or []]
        raise Invalid(problem.detail, errors=errors) from None


def close(lead: Lead, customer: Customer, deal: Deal | None, actor: Actor) -> Lead:
    """Write into the lead what it became."""
    values = {"converted_at": timezone.now(), "customer_id": customer.id, "deal_id": deal and deal.id}
    won = LeadStatus.objects.filter(type=LeadStatus.Type.WON).order_by("order", "name").first()
    moved: tuple[str, ...] = ()
    if won is not None and lead.status.type != LeadStatus.Type.WON:
        values |= {"status_id": won.id, "lost_reason": ""}
        lead.position, lead.lost_at, moved = place_on_top(), None, ("position", "lost_at")
    history.save_changes(lead, values, actor=actor, action="converted", also=moved)
    return lead


def customer_values(lead: Lead, actor: Actor) -> dict[str, Any]:
    """The columns of a customer made from a lead. What does not make an address is kept in the notes."""
    person = f"{lead.first_name} {lead.last_name}".strip()[:LONGEST_NAME]
    company = lead.company.name if lead.company else ""
    address, rest = address_of(lead)
    return {
        "type": (Customer.Type.BUSINESS if company else Customer.Type.INDIVIDUAL).value,
        "name": company or person,
        "contact_person": person if company else "",
        "email": lead.email,
        "phone": lead.phone,
        "alternate_phone": lead.alternate_phone,
        "billing_address": address,
        "notes": rest,
        "owner_id": lead.assigned_to_id or actor.seat_id,
        "source_lead_id": lead.id,
        "tags": list(lead.tags.all()),
    }


def deal_values(lead: Lead, actor: Actor) -> dict[str, Any]:
    """The columns of a lead's deal, where the caller gives none."""
    return {
        "title": lead.name[:LONGEST_NAME],
        "value": lead.estimated_value or 0,
        "expected_close_date": lead.expected_close_date,
        "owner_id": lead.assigned_to_id or actor.seat_id,
    }


def address_of(lead: Lead) -> tuple[Address, str]:
    """A lead's address in the form of a customer's, and what of it has no place there, a line for each part.

    A lead's state and PIN are free texts: one that is not valid must not keep a lead from being converted.
    """
    lines = textwrap.wrap(lead.address, LINE)
    parts = dict(zip(("line1", "line2"), lines, strict=False))
    parts |= {"city": lead.city, "state": lead.state, "pincode": lead.pincode, "country": lead.country}
    left = lines[2:]
    while True:
        try:
            return complete_address(parts), "\n".join(left)
        except AddressProblem as problem:
            left.append(parts.pop(problem.part))
