"""Templates of mails: the platform's operators write their own, and override those of the system."""

import uuid
from dataclasses import asdict
from typing import Any

import structlog
from django.db import transaction

from nextgenerp.core.exceptions import Conflict, Duplicate, Invalid
from nextgenerp.core.names import camel_case
from nextgenerp.core.tenancy import PUBLIC, Actor, current_schema
from nextgenerp.mail.models import EmailTemplate
from nextgenerp.mail.rendering import Texts, problems
from nextgenerp.mail.system_mails import SYSTEM_MAILS, shipped_texts

# Of the ids of system templates, which are the same everywhere.
NAMESPACE = uuid.UUID("6f0e5f0c-3a57-5d0b-9a8e-0d8f2f6f4c11")
logger = structlog.get_logger(__name__)


def install_system_templates(**signal: Any) -> None:
    """Give each system mail its row, and turn the rows of former ones into ordinary templates; a receiver of
    post_migrate."""
    if current_schema() != PUBLIC:
        return
    rows = [
        EmailTemplate(id=uuid.uuid5(NAMESPACE, mail.key), key=mail.key, name=mail.name, is_system=True)
        for mail in SYSTEM_MAILS.values()
    ]
    EmailTemplate.objects.bulk_create(rows, ignore_conflicts=True)
    EmailTemplate.objects.filter(key__in=SYSTEM_MAILS, is_system=False).update(
        is_system=True, is_overridden=True
    )
    former = EmailTemplate.objects.filter(is_system=True).exclude(key__in=SYSTEM_MAILS)
    former.filter(is_overridden=False).delete()
    former.update(is_system=False, is_overridden=False)


@transaction.atomic
def create_template(values: dict[str, Any], *, actor: Actor) -> EmailTemplate:
    """Store a template, or the override of a system mail by its key. Raises Invalid, Duplicate."""
    existing = EmailTemplate.objects.select_for_update().filter(key=values["key"]).first()
    if existing is None:
        template = EmailTemplate(**values)
        check(template, values)
        template.save(force_insert=True)
        logger.info("email_template_created", key=template.key, user=str(actor.user_id))
        return template
    if existing.is_overridden or not existing.is_system:
        raise Duplicate("There is a template with this key.")
    return update_template(existing, {"is_active": True, **values}, actor=actor)


@transaction.atomic
def update_template(template: EmailTemplate, values: dict[str, Any], *, actor: Actor) -> EmailTemplate:
    """Store a template's texts; those of a system mail become its override. The caller holds the row's lock.

    Raises Invalid.
    """
    if values.get("key", template.key) != template.key:
        raise Invalid.field("key", "immutable", "The key of a template stays as it is.")
    fill_in(template)
    for name, value in values.items():
        setattr(template, name, value)
    check(template, values)
    template.is_overridden = template.is_system
    template.version += 1
    template.save()
    logger.info("email_template_changed", key=template.key, user=str(actor.user_id))
    return template


@transaction.atomic
def delete_template(template: EmailTemplate, *, actor: Actor) -> None:
    """Remove a template, or the override of a system mail, which brings its files back.

    The caller holds the row's lock. Raises Conflict for a system mail without an override.
    """
    if not template.is_system:
        template.delete()
    elif template.is_overridden:
        template.is_overridden, template.is_active = False, True
        template.name = SYSTEM_MAILS[template.key].name
        template.subject = template.body_text = template.body_html = ""
        template.version += 1
        template.save()
    else:
        raise Conflict("This is a system mail as it ships; it has no override to delete.")
    logger.info("email_template_deleted", key=template.key, user=str(actor.user_id))


def fill_in(template: EmailTemplate) -> EmailTemplate:
    """Give a template, in memory, what the product ships for it."""
    for name, value in shipped(template.key, overridden=template.is_overridden).items():
        setattr(template, name, value)
    return template


def shipped(key: str, *, overridden: bool) -> dict[str, Any]:
    """What the product ships for a template: a system mail's variables, and its texts unless overridden."""
    system = SYSTEM_MAILS.get(key)
    if system is None:
        return {}
    texts = {} if overridden else asdict(shipped_texts(key))
    return {"variables": list(system.variables), **texts}


def check(template: EmailTemplate, values: dict[str, Any]) -> None:
    """Hold a template to what can be sent, a system mail to what its sender gives. Raises Invalid."""
    system = SYSTEM_MAILS.get(template.key)
    errors = []
    if system and set(values.get("variables", ())) - set(system.variables):
        detail = f"This mail has: {', '.join(system.variables)}."
        errors.append({"field": "variables", "code": "unknown_variable", "detail": detail})
    if not (template.body_text or template.body_html):
        errors.append({"field": "bodyText", "code": "required", "detail": "Give bodyText, bodyHtml or both."})
    texts = Texts(template.subject, template.body_text, template.body_html)
    declared = system.variables if system else template.variables
    errors += [
        {"field": camel_case(problem.field), "code": problem.code, "detail": problem.detail}
        for problem in problems(texts, declared)
    ]
    if errors:
        raise Invalid("The template cannot be sent like this.", errors=errors[:50])
