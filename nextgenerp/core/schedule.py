"""The worker's clock: ``settings.SCHEDULE`` as django-q2 keeps it in the database."""

from typing import Any

from django.conf import settings
from django_q.models import Schedule

from nextgenerp.core.tenancy import PUBLIC, current_schema

PREFIX = "nextgenerp:"  # schedules of other names are somebody else's


def install_schedule(**signal: Any) -> None:
    """Bring django-q2's schedules in line with ``settings.SCHEDULE``; a receiver of post_migrate."""
    if current_schema() != PUBLIC:
        return
    ours = Schedule.objects.filter(name__startswith=PREFIX)
    ours.exclude(name__in=[PREFIX + name for name in settings.SCHEDULE]).delete()
    for name, (function, minutes) in settings.SCHEDULE.items():
        wanted = {"func": function, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1}
        Schedule.objects.update_or_create(name=PREFIX + name, defaults=wanted)
