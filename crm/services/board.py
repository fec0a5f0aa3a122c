"""Cards moved on the kanban board: to another column, up and down in it. One move of a column after the other."""

from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from crm.models import Lead, LeadStatus
from crm.places import LONGEST, place_below, place_on_top, places_between
from crm.services.leads import lost_since, reason_for
from nextgenerp.core import history
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.core.tenancy import Actor, current_schema

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
AROUND = 25  # cards on either side that move apart where there is no room
PLACE = Tuple(F("position"), F("id"))
Card = tuple[str, UUID]  # its place and its id
# A card that somebody moved away in the meantime stays where they put it.
MOVE_APART = """
    UPDATE lead SET position = new.place
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS new (id, old, place)
    WHERE lead.id = new.id AND lead.status_id = %s AND lead.position = new.old
"""


def lock_column(status: LeadStatus) -> None:
    """Let one move into a column be after the other, until the transaction ends; taken before any lead's lock."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"lead-board:{current_schema()}:{status.pk}"])


@transaction.atomic
def move_lead(
    lead: Lead,
    status: LeadStatus,
    *,
    actor: Actor,
    after: Lead | None = None,
    before: Lead | None = None,
    from_status: UUID | None = None,
    lost_reason: str = "",
) -> Lead:
    """Put a card into a column, below or above another of it; on top of a new column where neither is said.

    The caller locks the column, then the lead. A new status raises the lead's version and is written down; a new
    place in the same column touches nothing but the card's row. Raises Conflict ``status_changed`` when the lead is
    not in ``from_status``, Conflict when the other card is not in the column, Invalid.
    """
    if from_status not in (None, lead.status_id):
        raise Conflict("The lead is in another status by now.", code="status_changed")
    anchor = after or before
    if anchor is not None and anchor.pk == lead.pk:
        raise Invalid.field(
            "afterId" if after else "beforeId", "invalid", "A card does not stand beside itself."
        )
    values = {"status_id": status.pk, "lost_reason": reason_for(status, lost_reason or lead.lost_reason)}
    changes = history.changed(lead, values)
    lead.status = status
    if anchor is not None:
        lead.position = place_beside(anchor.pk, lead, below=after is not None)
    elif "status_id" in changes:
        lead.position = place_on_top()
    written: dict[str, Any] = {"position": lead.position}
    if not changes:
        Lead.objects.filter(pk=lead.pk).update(**written)
        return lead
    lead.lost_at = lost_since(lead)
    lead.version += 1
    lead.save(update_fields=[*changes, "position", "lost_at", "version", "updated_at"])
    history.record(lead, "updated", actor=actor, changes=changes)
    return lead


def place_beside(anchor_id: UUID, lead: Lead, *, below: bool) -> str:
    """The place right below or above a card of the lead's column; cards around it move apart where there is none.

    Raises Conflict when the card is not in the column.
    """
    column = Lead.objects.filter(status_id=lead.status_id).exclude(pk=lead.pk)
    anchor: Card | None = column.filter(pk=anchor_id).values_list("position", "id").first()
    if anchor is None:
        raise Conflict("The other card is in another column by now.", code="status_changed")
    if below:
        place = place_in(anchor, next(iter(lower(column, anchor, 1)), None))
    else:
        place = place_in(next(iter(higher(column, anchor, 1)), None), anchor)
    return place or make_room(column, anchor, lead.status_id, below=below)


def place_in(above: Card | None, following: Card | None) -> str:
    """A place between two cards (None: an end of the column); empty where there is none, or only a long one."""
    if above is None and following is not None:
        place = place_on_top()
        if place < following[0]:
            return place
    if above is not None and following is None:
        return place_below(above[0])
    try:
        [place] = places_between(above[0] if above else "", following[0] if following else "", 1)
    except ValueError:  # two cards at one place
        return ""
    return place if len(place) <= LONGEST else ""


def higher(column: QuerySet, card: Card, n: int) -> list[Card]:
    """The ``n`` cards right above one, the nearest first."""
    found = column.filter(TupleLessThan(PLACE, card)).order_by("-position", "-id")
    return list(found.values_list("position", "id")[:n])


def lower(column: QuerySet, card: Card, n: int) -> list[Card]:
    """The ``n`` cards right below one, the nearest first."""
    found = column.filter(TupleGreaterThan(PLACE, card)).order_by("position", "id")
    return list(found.values_list("position", "id")[:n])


def make_room(column: QuerySet, anchor: Card, status_id: UUID, *, below: bool) -> str:
    """Spread the cards around one evenly, with a free place right below or above it, and return that place.

    As many cards move as it takes for every place to be short again: a few dozen, unless hundreds share one place.
    """
    for around in (AROUND * 8**step for step in count()):
        above, following = higher(column, anchor, around + 1), lower(column, anchor, around + 1)
        cards = [*reversed(above[:around]), anchor, *following[:around]]
        ends = [beyond[around][0] if len(beyond) > around else "" for beyond in (above, following)]
        if ends[1] and ends[0] >= ends[1]:
            continue
        places = places_between(ends[0], ends[1], len(cards) + 1)
        if max(map(len, places)) <= LONGEST:
            break
    free = places.pop(cards.index(anchor) + below)
    old, ids = zip(*cards, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(MOVE_APART, [list(ids), list(old), places, status_id])
    return free
