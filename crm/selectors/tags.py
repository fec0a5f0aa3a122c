"""The tags of leads, customers and deals, a page at a time."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

TAGS = """
    SELECT {owner}_id, tag_id, name, color FROM {table} JOIN lead_tag ON lead_tag.id = tag_id
    WHERE {owner}_id = ANY(%s) ORDER BY name_key
"""


def tags_of(model: type[Model], ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The tags of a model's records by record id, in the order of their names: one query."""
    owner = model._meta.db_table
    query = TAGS.format(owner=owner, table=f"{owner}_tagging")
    tags: dict[UUID, list[dict[str, Any]]] = {}
    with (
        connection.cursor() as cursor
    ):  # every list comes through here: the ORM would cost more than the query
        cursor.execute(query, [list(ids)])
        for record_id, tag_id, name, color in cursor.fetchall():
            tags.setdefault(record_id, []).append({"id": tag_id, "name": name, "color": color})
    return tags


def tag_names_of(model: type[Model], ids: Iterable[UUID]) -> dict[UUID, str]:
    """The tags of records as the text of a cell, by record id."""
    return {one: "; ".join(tag["name"] for tag in tags) for one, tags in tags_of(model, ids).items()}
