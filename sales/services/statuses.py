"""Documents put into statuses: which moves a person may make, and how a move is stored and written down."""

from typing import Any

from django.db import connection
from psycopg import sql

from nextgenerp.core import history
from nextgenerp.core.documents.services import freeze
from nextgenerp.core.exceptions import Conflict, InvalidTransition
from nextgenerp.core.tenancy import Actor
from sales.kinds import SalesKind
from sales.models import DocumentStatus

DRAFT = "draft"


def default_status(kind: SalesKind) -> Any:
    """What a new document is in."""
    return kind.status_model.objects.get(is_default=True)


def system_status(kind: SalesKind, category: str) -> Any:
    """What the system puts a document in that comes into a category."""
    return kind.status_model.objects.get(category=category, is_system=True)


def hold_status(status: DocumentStatus) -> None:
    """Keep a status in its category until the transaction ends, and let others hold it too. Raises Conflict."""
    statement = sql.SQL("SELECT category FROM {} WHERE id = %s FOR KEY SHARE")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(sql.Identifier(status._meta.db_table)), [status.pk])
        row = cursor.fetchone()
    if row is None or row[0] != getattr(status, "category", None):
        raise Conflict("The status has changed in the meantime. Read the statuses again.")


def refuse_transition(kind: SalesKind, document: Any, category: str) -> None:
    """Raises InvalidTransition with ``from``, ``to`` and ``allowed`` for a move a person may not make."""
    now = document.status.category
    allowed = kind.by_hand.get(now, ())
    if category not in allowed:
        ways = f"only to: {', '.join(allowed)}" if allowed else "not by hand"
        raise InvalidTransition.between(
            f"A {kind.name} that is {now} can be moved {ways}.", now, category, allowed
        )


def store_status(
    kind: SalesKind, document: Any, status: Any, *, actor: Actor, reason: str = "", also: tuple[str, ...] = ()
) -> None:
    """Put a locked document into a status, raise its version and write the history; ``also`` names further columns.

    A document that leaves draft is frozen. Nothing happens when it is in the status already.
    """
    old = document.status
    if old.pk == status.pk:
        return
    if old.category == DRAFT and status.category != DRAFT:
        freeze(kind, document)
    changes: dict[str, list[Any]] = {"status": [old.name, status.name]}
    if status.category != old.category:
        changes["category"] = [old.category, status.category]
        if document.status_reason != reason:
            changes["status_reason"] = [document.status_reason, reason]
            document.status_reason = reason
    document.status = status
    document.version += 1
    document.save(update_fields=["status", "status_reason", "snapshot", *also, "version", "updated_at"])
    history.record(document, "status_changed", actor=actor, changes=changes)


def put_in(
    kind: SalesKind,
    document: Any,
    category: str,
    *,
    actor: Actor,
    reason: str = "",
    also: tuple[str, ...] = (),
) -> None:
    """Put a locked document into a category by the system; it keeps a status of its own that is of it already."""
    if document.status.category != category:
        store_status(kind, document, system_status(kind, category), actor=actor, reason=reason, also=also)
