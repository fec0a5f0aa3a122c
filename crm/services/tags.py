"""Tags of leads: made by whoever may create leads, put on a lead and taken off."""

from uuid import UUID

from django.db import IntegrityError, transaction

from crm.models import Lead, LeadTag
from crm.normal import name_key
from crm.services.leads import update_lead
from nextgenerp.core import history
from nextgenerp.core.exceptions import Duplicate, Invalid, NotFound
from nextgenerp.core.tenancy import Actor

MOST_TAGS = 50  # of one lead


def create_tag(values: dict[str, str], *, actor: Actor) -> LeadTag:
    """Store a new tag. Raises Duplicate, with the one there is, for a name that differs only in case."""
    key = name_key(values["name"])
    try:
        with transaction.atomic():
            tag = LeadTag.objects.create(**values, name_key=key)
            history.record(tag, "created", actor=actor)
            return tag
    except IntegrityError:
        existing = LeadTag.objects.filter(name_key=key).first()
        if existing is None:
            raise
        raise Duplicate(
            "There is a tag of this name.",
            existing={"id": existing.id, "name": existing.name, "color": existing.color},
        ) from None


@transaction.atomic
def add_tag(lead: Lead, tag: LeadTag | str, *, actor: Actor) -> Lead:
    """Put a tag on a lead, or one of a name, which is made where there is none; nothing happens if it is there.

    The caller holds the lead's row lock. Raises Invalid for more tags than a lead has.
    """
    if isinstance(tag, str):
        tag = tag_named(tag, actor=actor)
    tags = tags_on(lead)
    if tag in tags:
        return lead
    if len(tags) >= MOST_TAGS:
        raise Invalid.field("tagId", "max_length", f"A lead has at most {MOST_TAGS} tags.")
    return update_lead(lead, {"tags": [*tags, tag]}, actor=actor)


@transaction.atomic
def remove_tag(lead: Lead, tag_id: UUID | None, *, actor: Actor) -> Lead:
    """Take a tag off a lead; the caller holds the lead's row lock. Raises NotFound when it is not on it."""
    tags = tags_on(lead)
    rest = [tag for tag in tags if tag.pk != tag_id]
    if len(rest) == len(tags):
        raise NotFound
    return update_lead(lead, {"tags": rest}, actor=actor)


def tags_on(lead: Lead) -> list[LeadTag]:
    return [tagging.tag for tagging in lead.taggings.select_related("tag")]


def tag_named(name: str, *, actor: Actor) -> LeadTag:
    """The tag of a name, however it is spelt; a new one where there is none."""
    key = name_key(name)
    found = LeadTag.objects.filter(name_key=key).first()
    if found is not None:
        return found
    try:
        return create_tag({"name": name}, actor=actor)
    except Duplicate:  # somebody else was first
        return LeadTag.objects.get(name_key=key)
