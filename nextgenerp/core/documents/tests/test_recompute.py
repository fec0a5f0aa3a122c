"""Recomputing a saved document changes nothing, whatever was entered."""

from dataclasses import asdict

from django.db import transaction
from hypothesis import HealthCheck, given, settings

from nextgenerp.core.documents import services
from nextgenerp.core.documents.computation import FIGURES, LINE_FIGURES, document_input, recompute
from nextgenerp.core.documents.tests import probe
from nextgenerp.core.documents.tests.documents import documents
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tenancy import SYSTEM, tenant_context

PLACES = {"intra": "27", "inter": "29", "export": "96", "sez": "27"}


def values_of(document):
    """Columns of a document of the engine's inputs."""
    values = asdict(document)
    for name in ("lines", "tax_rounding", "charges_gst", "supply_type"):
        del values[name]
    values["rounds_off"] = values.pop("round_off")
    return values | {"place_of_supply": PLACES[document.supply_type]}


def figures(document, lines):
    return [getattr(document, name) for name in FIGURES] + [
        getattr(line, name) for line in lines for name in LINE_FIGURES
    ]


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(documents())
def test_recomputing_a_saved_document_changes_nothing(estimates, tenant, document):
    lines = [asdict(line) | {"name": "Demo"} for line in document.lines]
    if not all(line["quantity"] for line in lines):
        return
    with tenant_context(tenant), transaction.atomic():
        try:
            made = services.create_document(probe.KIND, values_of(document), lines, actor=SYSTEM)
        except Invalid:  # there is nothing to take the discount from
            return
        saved = probe.Estimate.objects.get(pk=made.pk)
        of_saved = list(saved.lines.all())
        before, summaries = figures(saved, of_saved), (saved.hsn_summary, saved.tax_summary)
        told = document_input(saved, of_saved)
        assert [asdict(line) for line in told.lines] == [asdict(line) for line in document.lines]
        recompute(saved, of_saved)
        assert figures(saved, of_saved) == before == figures(made, made.lines.all())
        assert (saved.hsn_summary, saved.tax_summary) == summaries
        assert services.update_document(probe.KIND, saved, {}, actor=SYSTEM).version == 1
        transaction.set_rollback(True)
