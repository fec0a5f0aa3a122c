"""A record's timeline: its history rows and whatever else an app lays among them, newest first.

Services write history only; whoever shows a timeline comes through here. Entries are in the order of their ids, which
rise with time: the id of a page's last entry is where the next page begins.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from nextgenerp.core.models import HistoryEntry


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``kind`` is ``system`` for a history row; ``activity`` is what an app's own entry holds."""

    id: UUID
    at: datetime
    action: str
    seat_id: UUID | None
    kind: str = "system"
    changes: dict[str, Any] = field(default_factory=dict)
    impersonated: bool = False
    import_id: UUID | None = None
    activity: dict[str, Any] | None = None


# The newest entries with an id below the first argument (None: from the top), as many as the second says.
Source = Callable[[UUID | None, int], list[Entry]]


def history_of(*record_ids: UUID) -> Source:
    """The history rows of a record, or of several that are one to their reader (the revisions of a quotation)."""

    def newest(before: UUID | None, n: int) -> list[Entry]:
        rows = HistoryEntry.objects.filter(record_id__in=record_ids).order_by("-id")
        rows = rows.filter(id__lt=before) if before else rows
        names = ("id", "created_at", "action", "seat_id", "changes", "impersonated", "import_id")
        return [
            Entry(identifier, at, action, seat, "system", changes, impersonated, import_id)
            for identifier, at, action, seat, changes, impersonated, import_id in rows.values_list(*names)[:n]
        ]

    return newest


def newest_of(sources: Iterable[Source], before: UUID | None, n: int) -> list[Entry]:
    """The newest ``n`` entries below ``before`` of several sources together: a query for each source."""
    found = [entry for source in sources for entry in source(before, n)]
    return sorted(found, key=lambda entry: entry.id, reverse=True)[:n]
