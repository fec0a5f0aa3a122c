"""Bank accounts, terms and statuses made and changed: one change of settings after the other, so that each kind has
its one default."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from nextgenerp.core import history
from nextgenerp.core.documents.models import CompanyProfile, TermsTemplate
from nextgenerp.core.tenancy import Actor


def hold_settings() -> None:
    """Lock the tenant's settings until the transaction ends; the first lock of whoever changes them."""
    CompanyProfile.objects.select_for_update().get()


@transaction.atomic
def create_setting(model: type[Any], values: dict[str, Any], *, actor: Actor) -> Any:
    """Store a new setting; a new default takes the place of the one there was. Locks the settings."""
    hold_settings()
    setting = model(**values)
    if setting.is_default:
        take_default_from(rivals(setting), actor=actor)
    setting.save(force_insert=True)
    history.record(setting, "created", actor=actor)
    return setting


@transaction.atomic
def update_setting(setting: Any, values: dict[str, Any], *, actor: Actor) -> Any:
    """Store what differs; a new default takes the place of the one there was.

    The caller holds the settings and the row.
    """
    before = {name: getattr(setting, name) for name in values}
    for name, value in values.items():
        setattr(setting, name, value)
    if setting.is_default:
        take_default_from(rivals(setting), actor=actor)
    for name, value in before.items():
        setattr(setting, name, value)
    history.save_changes(setting, values, actor=actor)
    return setting


def rivals(setting: Any) -> QuerySet:
    """The other defaults there cannot be beside this one: of terms those for a document type of its own."""
    others = type(setting)._default_manager.filter(is_default=True).exclude(pk=setting.pk)
    if isinstance(setting, TermsTemplate):
        return others.filter(document_types__overlap=setting.document_types)
    return others


def take_default_from(others: QuerySet, *, actor: Actor) -> None:
    for other in others.order_by("id").select_for_update():
        history.save_changes(other, {"is_default": False}, actor=actor)
