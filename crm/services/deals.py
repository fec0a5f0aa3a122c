"""Deals made, moved along their stages, changed and deleted."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm.models import Deal
from crm.services.tagging import replace_tags, tag
from nextgenerp.core import entitlements, history
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tenancy import Actor, tenant_today

LIMIT = "deals"
DERIVED = ("weighted_value", "title_key", "search_text")
Stage = Deal.Stage
# What a stage is worth in percent unless somebody knows better; closed deals are sure.
CHANCES = {
    Stage.PROSPECTING: Decimal(10), Stage.QUALIFICATION: Decimal(25), Stage.PROPOSAL: Decimal(50),
    Stage.NEGOTIATION: Decimal(75), Stage.WON: Decimal(100), Stage.LOST: Decimal(0),
}  # fmt: skip
CLOSED = {Stage.WON, Stage.LOST}


@transaction.atomic
def create_deal(values: dict[str, Any], *, actor: Actor) -> Deal:
    """Store a new deal of a customer or a lead; the owner is the actor unless given.

    ``values`` are columns, with ``tags`` a list of LeadTag. Takes the counter's lock. Raises Invalid, LimitReached.
    """
    columns = {"owner_id": actor.seat_id, "stage": Stage.PROSPECTING.value, **values}
    tags = columns.pop("tags", [])
    deal = Deal(**columns | outcome(Deal(stage=""), columns))
    refuse_party(deal)
    entitlements.claim(LIMIT)
    deal.derive()
    deal.save(force_insert=True)
    tag(deal, tags)
    history.record(deal, "created", actor=actor)
    return deal


@transaction.atomic
def update_deal(deal: Deal, values: dict[str, Any], *, actor: Actor) -> Deal:
    """Store what differs, raise the version and write the history; the caller holds the row lock.

    A new stage brings its probability unless one is given; won and lost stamp the day, reopening clears it. Raises
    Invalid.
    """
    columns = dict(values)
    tags = columns.pop("tags", None)
    columns |= outcome(deal, columns)
    changes = history.changed(deal, columns)
    refuse_party(deal)
    written = list(changes)
    changes |= replace_tags(deal, tags)
    if changes:
        deal.derive()
        deal.version += 1
        deal.save(update_fields=[*written, *DERIVED, "version", "updated_at"])
        history.record(deal, "updated", actor=actor, changes=changes)
    return deal


@transaction.atomic
def delete_deal(deal: Deal, *, actor: Actor) -> None:
    """Delete a deal for good; its history stays, its place in the limit is free again.

    The caller holds the row lock.
    """
    history.record(deal, "deleted", actor=actor)
    deal.delete()
    entitlements.release(LIMIT)


def outcome(before: Deal, given: dict[str, Any]) -> dict[str, Any]:
    """The columns that follow from a deal's stage: probability, closing day, reason. Raises Invalid."""
    stage = given.get("stage", before.stage)
    closed = stage in CLOSED
    return {
        "probability": CHANCES[stage] if closed else probability(before, stage, given),
        "actual_close_date": closing_day(before, stage, given),
        "lost_reason": reason(before, given) if stage == Stage.LOST else "",
    }


def probability(before: Deal, stage: str, given: dict[str, Any]) -> Decimal:
    """How likely an open deal is, in percent."""
    if "probability" in given:
        return given["probability"]
    return before.probability if stage == before.stage else CHANCES[Stage(stage)]


def closing_day(before: Deal, stage: str, given: dict[str, Any]) -> date | None:
    """The day a closed deal was closed: as given, as it was, or today. Raises Invalid for one that cannot be."""
    day, today = given.get("actual_close_date"), tenant_today()
    if stage not in CLOSED:
        if day not in {None, before.actual_close_date}:
            raise Invalid.field(
                "actualCloseDate", "invalid", "Only a deal that is won or lost has this date."
            )
        return None
    if day is not None and day > today:
        raise Invalid.field("actualCloseDate", "max_value", "A deal is closed today at the latest.")
    return day or (before.actual_close_date if stage == before.stage else today)


def reason(before: Deal, given: dict[str, Any]) -> str:
    """Why a deal is lost. Raises Invalid where nobody says."""
    why = given.get("lost_reason", before.lost_reason)
    if not why:
        raise Invalid.field("lostReason", "required", "A lost deal needs a reason.")
    return why


def refuse_party(deal: Deal) -> None:
    """A deal is with a customer or with a lead. Raises Invalid for both and for neither."""
    if (deal.customer_id is None) == (deal.lead_id is None):
        code = "required" if deal.customer_id is None else "exactly_one"
        raise Invalid.field("customerId", code, "Give a customer or a lead, one of the two.")
