"""What an import says of itself is what it left behind."""

from collections.abc import Iterator

from django.db.models import Count, F, Q
from django.utils import timezone

from nextgenerp.core.imports.storage import KEPT_FOR
from nextgenerp.core.invariants import invariant
from nextgenerp.core.models import HistoryEntry, Import


@invariant("imports")
def check_imports() -> Iterator[str]:
    """Counters are the history written and the failures kept; those of old imports have been dropped."""
    yield from check_failures()
    yield from check_history()


def check_failures() -> Iterator[str]:
    """The rows kept as failed; an import that was ended counts those it never came to as well."""
    recent = Q(finished_at=None) | Q(finished_at__gte=timezone.now() - KEPT_FOR)
    kept = Import.objects.filter(recent).annotate(kept_failures=Count("failures"))
    ended = Q(status=Import.Status.FAILED) | Q(error__isnull=False)
    wrong = kept.exclude(kept_failures=F("failed")).exclude(ended, kept_failures__lt=F("failed"))
    for batch in wrong.order_by("id"):
        yield f"{batch.id}: {batch.failed} rows failed, {batch.kept_failures} are kept"


def check_history() -> Iterator[str]:
    """The records it created, and those an undo removed, each with its history."""
    entries = HistoryEntry.objects.filter(import_id__isnull=False, action__in=["created", "deleted"])
    counts = entries.order_by().values_list("import_id", "action").annotate(n=Count("id"))
    written = {(import_id, action): n for import_id, action, n in counts}
    for batch in Import.objects.order_by("id").only("id", "options", "created", "removed", "kept"):
        created = 0 if batch.options.get("dry_run") else batch.created
        for action, told in (("created", created), ("deleted", batch.removed)):
            found = written.pop((batch.id, action), 0)
            if found != told:
                yield f"{batch.id}: {told} {action}, the history says {found}"
        if batch.removed + batch.kept > batch.created:
            yield f"{batch.id}: {batch.created} created, {batch.removed} removed and {batch.kept} kept"
    for import_id, action in sorted(written):
        yield f"{import_id}: the history has {written[import_id, action]} {action} by an import there is none of"
