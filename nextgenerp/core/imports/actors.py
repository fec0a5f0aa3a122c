"""Who an import acts for once the request is over: the seat that asked, with the grants it has now."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from nextgenerp.core import entitlements, seats
from nextgenerp.core.exceptions import Forbidden, SubscriptionRequired
from nextgenerp.core.tenancy import SYSTEM, Actor, current_tenant


def who(actor: Actor) -> dict[str, Any]:
    """What ``load_actor`` needs to find an actor again, as JSON."""
    return {
        "seat_id": str(actor.seat_id) if actor.seat_id else None,
        "user_id": str(actor.user_id) if actor.user_id else None,
        "impersonated": actor.impersonated,
        "request_id": actor.request_id,
    }


def load_actor(state: dict[str, Any], module: str, actions: Iterable[str]) -> Actor:
    """Find an actor again and hold them to the grants they need. Raises Forbidden, SubscriptionRequired.

    Whoever acts without a seat (an impersonated tenant, the platform) has every grant.
    """
    if entitlements.entitlements().read_only:
        raise SubscriptionRequired
    known = state | {name: UUID(state[name]) if state[name] else None for name in ("seat_id", "user_id")}
    if known["seat_id"] is None:
        return replace(SYSTEM, tenant=current_tenant(), **known)
    seat = seats.of_tenant().filter(id=known["seat_id"], is_active=True, user__is_active=True).first()
    if seat is None:
        raise Forbidden("The member who asked for this is no longer active.")
    actor = Actor(role=seat.role, grants=seat.grants, tenant=current_tenant(), **known)
    for action in actions:
        if not actor.can(module, action):
            raise Forbidden(f"The member who asked for this no longer has *{module}: {action}*.")
    return actor
