"""Who acts by an access token, as the database has them at this moment: the one query before every request.

Written as SQL and filled into models by hand, because it is in every request: the ORM takes three times as long.
"""

import json
from typing import Any

from django.db import models

from accounts.models import Membership, Session, Tenant, User
from nextgenerp.core.tenancy import PUBLIC, connection


def columns_of(model: type[models.Model], *left_out: str) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname not in left_out]


# What is left out is deferred: read when somebody asks for it.
SEAT = columns_of(Membership, "settings", "designation", "department", "phone", "created_at", "updated_at")
USER = columns_of(User, "password", "updated_at")
TENANT = columns_of(Tenant, "updated_at")
SEAT_END, USER_END = len(SEAT), len(SEAT) + len(USER)
PERMISSIONS = SEAT.index("permissions")
SELECTED = ", ".join(
    f'{alias}."{name}"' for alias, names in (("s", SEAT), ("u", USER), ("t", TENANT)) for name in names
)
ALIVE = """
    (%(session)s::uuid IS NULL OR EXISTS (
        SELECT FROM public.sign_in_session e WHERE e.id = %(session)s AND e.user_id = u.id AND e.revoked_at IS NULL
    ))
"""
# The statement puts the connection into the tenant's schema too: a round trip of its own would cost as much again.
LOAD = f"""
    SELECT {SELECTED}, {ALIVE}, set_config('search_path', quote_ident(t.schema_name) || ',public', false)
    FROM public.membership s
    JOIN public.user_account u ON u.id = s.user_id
    JOIN public.tenant t ON t.id = s.tenant_id
    WHERE s.id = %(seat)s AND s.user_id = %(user)s
"""  # noqa: S608 - made of column names


def load_seat(seat_id: str, user_id: str, session_id: str | None) -> tuple[Membership | None, bool]:
    """A seat with its user and tenant, and whether the session it is used in goes on."""
    with connection.cursor_on_any_path() as cursor:
        cursor.execute(LOAD, {"seat": seat_id, "user": user_id, "session": session_id})
        found = cursor.fetchone()
    if found is None:
        return None, False
    row: list[Any] = list(found)
    if row[PERMISSIONS] is not None:
        row[PERMISSIONS] = json.loads(row[PERMISSIONS])
    seat = Membership.from_db(connection.alias, SEAT, row[:SEAT_END])
    seat.user = User.from_db(connection.alias, USER, row[SEAT_END:USER_END])
    seat.tenant = Tenant.from_db(connection.alias, TENANT, row[USER_END:-2])
    connection.path_on_server = [seat.tenant.schema_name, PUBLIC]
    return seat, row[-2]


def load_user(user_id: str, session_id: str | None) -> tuple[User | None, bool]:
    """A user who acts without a seat, and whether their session goes on."""
    user = User.objects.filter(id=user_id).first()
    running = Session.objects.filter(id=session_id, user=user_id, revoked_at=None)
    return user, session_id is None or running.exists()
