"""What is looked after from time to time in every tenant: old failures, forgotten files, imports that stand still."""

from django.db import transaction
from django.utils import timezone

from nextgenerp.core.imports import engine, storage
from nextgenerp.core.models import Import, ImportFailure
from nextgenerp.core.purging import in_every_tenant
from nextgenerp.core.tenancy import current_schema
from nextgenerp.database.models import DeferredTask


def tend_imports() -> int:
    """Tend every tenant's imports; returns how many failures were dropped. A scheduled task."""
    return in_every_tenant(tend_imports_here)


def tend_imports_here() -> int:
    """Drop failures kept for long enough and files nobody waits for; wake imports that have no task any more.

    An import loses its task when its turn comes while the tenant is suspended.
    """
    old = ImportFailure.objects.filter(batch__finished_at__lt=timezone.now() - storage.KEPT_FOR)
    dropped = old.delete()[0]
    unfinished = [
        str(one) for one in Import.objects.filter(status__in=engine.UNFINISHED).values_list("id", flat=True)
    ]
    storage.remove_orphans(unfinished)
    tasks = DeferredTask.objects.filter(
        schema_name=current_schema(), function=engine.RUN_SLICE, failed_at=None
    )
    awaited = {arguments[0] for arguments in tasks.values_list("arguments", flat=True)}
    for import_id in unfinished:
        if import_id not in awaited:
            with transaction.atomic():
                engine.run_later(import_id)
    return dropped
