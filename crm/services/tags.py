"""Tags of leads, made by whoever may create leads."""

from django.db import IntegrityError, transaction

from crm.models import LeadTag
from crm.normal import name_key
from nextgenerp.core import history
from nextgenerp.core.exceptions import Duplicate
from nextgenerp.core.tenancy import Actor


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
