"""GET …/:id/activities: the timeline of a record over HTTP, the same for every resource that has one."""

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from nextgenerp.core import seats
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT, whole_number
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.timeline import Entry, Source, history_of, newest_of
from nextgenerp.database.ids import parse_id


class TimelineActorSerializer(ApiSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class TimelineEntrySerializer(ApiSerializer):
    """What happened to a record: ``changes`` maps a field to ``[before, after]``.

    ``actor`` is null where the platform itself, its console or an import without a member acted.
    """

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(["system", "activity"])
    action = serializers.CharField()
    at = serializers.DateTimeField()
    actor = TimelineActorSerializer(allow_null=True)
    impersonated = serializers.BooleanField()
    import_id = serializers.UUIDField(allow_null=True)
    changes = serializers.DictField(child=serializers.ListField(child=serializers.JSONField()))


class TimelineMixin:
    """The timeline of a resource's records. A record's ``sources`` are its history unless its view says more.

    The view adds ``**TIMELINE_ANSWERS`` to its ``answers``.
    """

    def parameters(self: Any) -> set[str]:
        return super().parameters() | ({"limit", "cursor"} if self.action == "activities" else set())

    def timeline_sources(self: Any, record: Any) -> list[Source]:
        return [history_of(record.pk)]

    @action(detail=True, methods=["get"], url_path="activities")
    def activities(self: Any, request: Any, **kwargs: Any) -> Response:
        """The record's timeline, newest first, page by page with ``cursor``."""
        return Response(timeline_page(self.timeline_sources(self.get_object()), request.GET))


TIMELINE_ANSWERS = {"activities": Answer(TimelineEntrySerializer, paged=True)}


def timeline_page(sources: list[Source], query: Any) -> dict[str, Any]:
    """One page of a timeline in the envelope of lists: a query for each source and one for names. Raises Invalid."""
    limit = whole_number(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    before = None
    if query.get("cursor"):
        before = parse_id(query["cursor"])
        if before is None:
            raise Invalid.field("cursor", "invalid", "Not a cursor of this list.")
    entries = newest_of(sources, before, limit + 1)
    more, entries = len(entries) > limit, entries[:limit]
    names = seats.names({entry.seat_id for entry in entries if entry.seat_id}) if entries else {}
    return {
        "data": [spoken(entry, names) for entry in entries],
        "pagination": {
            "page": None,
            "limit": limit,
            "total": None,
            "totalPages": None,
            "nextCursor": str(entries[-1].id) if more else None,
        },
    }


def spoken(entry: Entry, names: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    """An entry as TimelineEntrySerializer describes it, with its activity where it is one."""
    shown = {
        "id": entry.id,
        "kind": entry.kind,
        "action": entry.action,
        "at": entry.at,
        "actor": names.get(entry.seat_id),
        "impersonated": entry.impersonated,
        "importId": entry.import_id,
        "changes": entry.changes,
    }
    return shown | ({} if entry.activity is None else {"activity": entry.activity})
