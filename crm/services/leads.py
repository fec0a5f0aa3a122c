"""Leads made, changed and deleted: the API, conversions and demo data come through here."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.models import Lead, LeadStatus
from crm.places import place_on_top
from crm.selectors.leads import Duplicates, duplicates_of
from crm.services.companies import company_named
from crm.services.notices import tell_assignee
from crm.services.tagging import replace_tags, tag
from nextgenerp.core import entitlements, history
from nextgenerp.core.exceptions import Conflict, Duplicate, InUse, Invalid
from nextgenerp.core.tenancy import Actor

LIMIT = "leads"
NAMED_BY = {"first_name", "last_name", "company_id", "email", "phone", "alternate_phone"}
DERIVED = ("email_key", "name_key", "search_text")


@transaction.atomic
def create_lead(
    values: dict[str, Any], *, actor: Actor, reject_duplicates: bool = False
) -> tuple[Lead, Duplicates]:
    """Store a new lead on top of its column, and return it with its likely duplicates.

    ``values`` are columns, with ``company`` a text and ``tags`` a list of LeadTag. Takes the counter's lock.
    Raises Invalid, LimitReached, and Duplicate where duplicates are to be rejected.
    """
    values = {"assigned_to_id": actor.seat_id, **values}
    tags, company = values.pop("tags", []), values.pop("company", "")
    lead = Lead(**values, created_by_id=actor.seat_id)
    if "status" not in values:
        lead.status = default_status()
    refuse_incomplete(lead, company)
    lead.lost_reason = reason_for(lead.status, lead.lost_reason)
    lead.lost_at = lost_since(lead)
    lead.company = company_named(company)
    lead.derive()
    duplicates = duplicates_of(lead, actor=actor)
    if reject_duplicates:
        refuse_duplicates(duplicates)
    lead.lead_number = f"LD-{entitlements.claim(LIMIT):05d}"
    if reject_duplicates:  # the counter's lock lets one creation after the other look again
        refuse_duplicates(duplicates_of(lead, actor=actor))
    lead.save(force_insert=True)
    tag(lead, tags)
    history.record(lead, "created", actor=actor)
    tell_assignee(lead, actor=actor)
    return lead, duplicates


@transaction.atomic
def update_lead(lead: Lead, values: dict[str, Any], *, actor: Actor) -> Lead:
    """Store what differs, raise the version and write the history; the caller holds the row lock.

    ``values`` as for ``create_lead``. A change of status puts the card on top of its column. Raises Invalid.
    """
    columns = dict(values)
    tags = columns.pop("tags", None)
    status = columns.pop("status", lead.status)
    company_before = lead.company
    if "company" in columns:
        lead.company = company_named(columns.pop("company"))
    columns |= {
        "status_id": status.id,
        "lost_reason": reason_for(status, columns.get("lost_reason", lead.lost_reason)),
    }
    changes = history.changed(lead, columns)
    written = list(changes)
    if lead.company != company_before:
        changes["company"] = [one.name if one else "" for one in (company_before, lead.company)]
        written.append("company_id")
    refuse_incomplete(lead, lead.company.name if lead.company else "")
    if "status_id" in changes:
        lead.status, lead.position = status, place_on_top()
        lead.lost_at = lost_since(lead)
        written += ["position", "lost_at"]
    if NAMED_BY & set(written):
        lead.derive()
        written += DERIVED
    changes |= replace_tags(lead, tags)
    if changes:
        lead.version += 1
        lead.save(update_fields=[*written, "version", "updated_at"])
        history.record(lead, "updated", actor=actor, changes=changes)
    if "assigned_to_id" in changes:
        tell_assignee(lead, actor=actor)
    return lead


@transaction.atomic
def delete_lead(lead: Lead, *, actor: Actor) -> None:
    """Delete a lead with its activities for good; its history stays, its place in the limit is free again.

    The caller holds the row lock. Raises InUse for a converted one.
    """
    if lead.converted_at is not None:
        raise InUse("This lead has been converted.", customerId=lead.customer_id, dealId=lead.deal_id)
    history.record(lead, "deleted", actor=actor)
    lead.activities.all().delete()
    lead.delete()
    entitlements.release(LIMIT)


def default_status() -> LeadStatus:
    """The status of new leads: the default one, else the first open one. Raises Conflict when there is none."""
    status = LeadStatus.objects.filter(type=LeadStatus.Type.OPEN).order_by("-is_default", "order").first()
    if status is None:
        raise Conflict("There is no open lead status for new leads.")
    return status


def refuse_incomplete(lead: Lead, company: str) -> None:
    """A lead has a name or a company, and an e-mail or a phone. Raises Invalid."""
    missing = {
        "firstName": ("A name or a company is needed.", lead.first_name or lead.last_name or company),
        "email": ("An e-mail address or a phone number is needed.", lead.email or lead.phone),
    }
    errors = [
        {"field": field, "code": "required", "detail": detail}
        for field, (detail, value) in missing.items()
        if not value
    ]
    if errors:
        raise Invalid("Some fields are not valid.", errors=errors)


def reason_for(status: LeadStatus, reason: str) -> str:
    """The reason a lead of a status is lost; empty for all others. Raises Invalid where it is missing."""
    if status.type != LeadStatus.Type.LOST:
        return ""
    if not reason:
        raise Invalid.field("lostReason", "required", "A lost lead needs a reason.")
    return reason


def lost_since(lead: Lead) -> datetime | None:
    """Since when a lead is lost, by its status; one that was lost before has been since then."""
    return (lead.lost_at or timezone.now()) if lead.status.type == LeadStatus.Type.LOST else None


def refuse_duplicates(duplicates: Duplicates) -> None:
    if duplicates:
        raise Duplicate("There is a lead with this e-mail address or phone number.", **duplicates.members)
