"""The worked cases of GST, to the paisa; several are from the published tests of ERPNext, India Compliance and Odoo."""

import pytest

from nextgenerp.core.documents.tests.cases import CASES, document_of, snake
from nextgenerp.core.documents.totals import compute
from nextgenerp.core.documents.words import amount_in_words, format_indian


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case):
    computed, expected = compute(document_of(case)), case["expected"]
    assert [
        {name: str(getattr(line, snake(name))) for name in expected["lines"][0]} for line in computed.lines
    ] == expected["lines"]
    totals, payable = expected["totals"], computed.totals.payable
    spoken = {"amountInWords": amount_in_words(payable), "payableFormatted": format_indian(payable)}
    assert {name: spoken.get(name) or str(getattr(computed.totals, snake(name))) for name in totals} == totals
