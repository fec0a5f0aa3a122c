"""Seats as the tenant apps see them: looked up by id in public, never joined."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection

from nextgenerp.core.tenancy import Actor, current_tenant

_reassigners: list[tuple[str, Callable[..., None]]] = []


def seat_model() -> Any:
    """The model of a seat (a user's membership of a tenant)."""
    return apps.get_model(settings.SEAT_MODEL)


def of_tenant() -> Any:
    """The seats of the current tenant."""
    return seat_model().objects.filter(tenant_id=current_tenant().id)


def is_active(seat_id: UUID) -> bool:
    """Whether an id is that of an active seat of the current tenant."""
    return of_tenant().filter(id=seat_id, is_active=True).exists()


def names(seat_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """``{id, name}`` of seats of the current tenant by id, with one query."""
    with (
        connection.cursor() as cursor
    ):  # every list comes through here: the ORM would cost three times the query
        cursor.execute(
            f"SELECT id, first_name, last_name FROM public.{seat_model()._meta.db_table} "  # noqa: S608
            "WHERE tenant_id = %s AND id = ANY(%s)",
            [current_tenant().id, list(seat_ids)],
        )
        rows = cursor.fetchall()
    return {seat_id: {"id": seat_id, "name": f"{first} {last}".strip()} for seat_id, first, last in rows}


def emails(seat_ids: Iterable[UUID]) -> dict[UUID, str]:
    """E-mail addresses of seats of the current tenant by id, with one query."""
    return dict(of_tenant().filter(id__in=list(seat_ids)).values_list("id", "user__email"))


def on_reassign(module: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function ``(leaver, successor, *, actor)`` that gives the open work of one seat to another.

    It runs in the transaction that deactivates the leaver, for an actor with ``canEdit`` in ``module``, and moves
    what the actor's scope reaches (docs/adr/0008-reassigning.md).
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _reassigners.append((module, function))
        return function

    return register


def reassigned_modules() -> list[str]:
    """The modules in which open work is given to somebody else."""
    return list(dict.fromkeys(module for module, _ in _reassigners))


def reassign(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    """Give a leaver's open work in every app to another seat."""
    for _, function in _reassigners:
        function(leaver, successor, actor=actor)
