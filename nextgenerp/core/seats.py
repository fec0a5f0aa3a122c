"""Seats as the tenant apps see them: looked up by id in public, never joined."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection


def seat_model() -> Any:
    """The model of a seat (a user's membership of a tenant)."""
    return apps.get_model(settings.SEAT_MODEL)


def of_tenant() -> Any:
    """The seats of the current tenant."""
    return seat_model().objects.filter(tenant_id=connection.tenant.id)


def is_active(seat_id: UUID) -> bool:
    """Whether an id is that of an active seat of the current tenant."""
    return of_tenant().filter(id=seat_id, is_active=True).exists()


def names(seat_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """``{id, name}`` of seats of the current tenant by id, with one query."""
    rows = of_tenant().filter(id__in=list(seat_ids)).values_list("id", "first_name", "last_name")
    return {seat_id: {"id": seat_id, "name": f"{first} {last}".strip()} for seat_id, first, last in rows}


def emails(seat_ids: Iterable[UUID]) -> dict[UUID, str]:
    """E-mail addresses of seats of the current tenant by id, with one query."""
    return dict(of_tenant().filter(id__in=list(seat_ids)).values_list("id", "user__email"))
