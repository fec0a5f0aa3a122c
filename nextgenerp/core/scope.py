"""Record scope: which records of a model an actor may see; one function for list, object, export and figures alike.

A model says so with ``scope = Scope("Leads", owners=("assigned_to_id", "created_by_id"))``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet

from nextgenerp.core.tenancy import Actor


@dataclass(frozen=True, slots=True)
class Scope:
    """The module whose grant's scope counts, and the columns that hold the seats a record belongs to."""

    module: str
    owners: tuple[str, ...] = ()


def alone(actor: Actor) -> Iterable[UUID]:
    """A team of one, until accounts says who is below whom."""
    return [actor.seat_id] if actor.seat_id else []


_team: Callable[[Actor], Iterable[UUID]] = alone


def team_by(selector: Callable[[Actor], Iterable[UUID]]) -> None:
    """Let ``selector(actor)`` name the seats of an actor's team; accounts calls this when it is loaded."""
    global _team  # a port with one plug
    _team = selector


def reach(actor: Actor, module: str) -> list[UUID | None] | None:
    """The seats whose records of a module an actor reaches; None where they reach everybody's, and nobody's too."""
    scope = actor.scope(module)
    if scope == "all":
        return None
    return list(_team(actor)) if scope == "team" else [actor.seat_id]


def visible(queryset: QuerySet, actor: Actor) -> QuerySet:
    """Narrow a queryset to what the actor's scope lets them see; a model without owners has no scope."""
    scope: Scope | None = getattr(queryset.model, "scope", None)
    if scope is None or not scope.owners:
        return queryset
    seats = reach(actor, scope.module)
    if seats is None:
        return queryset
    return queryset.filter(reduce(or_, (Q(**{f"{owner}__in": seats}) for owner in scope.owners)))
