"""What leads are described by: statuses, sources, tags and companies."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from crm.normal import KEY_LENGTH
from nextgenerp.database.ids import new_id

COLOR = r"^#[0-9A-Fa-f]{6}$"
COLOR_NEEDED = "A color is written #RRGGBB."
GREY = "#6B7280"
TAG_NAME = r"^[^;]*$"
TAG_NAME_NEEDED = "A tag has no semicolon: lists of tags are separated by it."


class LeadStatus(models.Model):
    """A step of the funnel and a column of the kanban board. New leads get the default one."""

    class Type(models.TextChoices):
        OPEN = "open"
        WON = "won"
        LOST = "lost"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    type = models.CharField(max_length=4, choices=Type.choices, default=Type.OPEN)
    color = models.CharField(max_length=7, default=GREY, validators=[RegexValidator(COLOR, COLOR_NEEDED)])
    order = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)

    class Meta:
        db_table = "lead_status"
        verbose_name_plural = "lead statuses"
        ordering = ["order", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="lead_status_name",
                violation_error_message="There is a status of this name.",
            ),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="lead_status_one_default",
                violation_error_message="There is one default status.",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(type="open"), name="lead_status_default_open",
                violation_error_message="The default status is an open one.",
            ),
            models.CheckConstraint(condition=Q(type__in=["open", "won", "lost"]), name="lead_status_type"),
            models.CheckConstraint(
                condition=Q(color__regex=COLOR), name="lead_status_color",
                violation_error_message=COLOR_NEEDED,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class LeadSource(models.Model):
    """Where leads come from."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "lead_source"
        ordering = ["order", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="lead_source_name",
                violation_error_message="There is a source of this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class LeadTag(models.Model):
    """A label of leads; ``name_key`` is its name in normal form."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=50, validators=[RegexValidator(TAG_NAME, TAG_NAME_NEEDED)])
    name_key = models.CharField(max_length=KEY_LENGTH, editable=False)
    color = models.CharField(max_length=7, default=GREY, validators=[RegexValidator(COLOR, COLOR_NEEDED)])

    class Meta:
        db_table = "lead_tag"
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="lead_tag_name",
                violation_error_message="There is a tag of this name.",
            ),
            models.CheckConstraint(
                condition=~Q(name__contains=";"), name="lead_tag_no_semicolon",
                violation_error_message=TAG_NAME_NEEDED,
            ),
            models.CheckConstraint(
                condition=Q(color__regex=COLOR), name="lead_tag_color",
                violation_error_message=COLOR_NEEDED,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class LeadCompany(models.Model):
    """Whom leads work for: a lead's ``company`` text gets or creates one by its ``name_key``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=KEY_LENGTH, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "lead_company"
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"], name="lead_company_name",
                violation_error_message="There is a company of this name.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name
