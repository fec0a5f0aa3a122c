"""Whatever people typed, wherever they typed it, there is a document to print."""

from dataclasses import fields, is_dataclass, replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextgenerp.core.documents.pdf import render
from nextgenerp.core.documents.pdf.tests.reading import pages_in
from nextgenerp.core.documents.pdf.tests.samples import samples

CHARACTERS = st.one_of(
    st.characters(exclude_categories=()),
    st.characters(min_codepoint=0x0900, max_codepoint=0x0DFF),
    st.characters(categories=["Mn", "Mc", "Cf", "Cc", "Cs", "Co"]),
    st.sampled_from("()\\<>&%/[]{}\"'\n\r\t\u200d\u200c\u2028₹�"),
)
TEXT = st.one_of(
    st.text(CHARACTERS, max_size=60),
    st.text(st.characters(), max_size=12).map(lambda text: text * 60),
)
AMOUNT = st.decimals(0, Decimal("9999999999999.99"), places=2)
FULL = replace(samples()["quotation"], watermark="DRAFT", upi=samples()["one-line"].upi, tax_inclusive=True)


@st.composite
def filled(draw, thing):
    """The same thing with any text in place of each of its texts, and now and then any amount for an amount."""
    if isinstance(thing, str):
        return draw(TEXT)
    if isinstance(thing, Decimal):
        return draw(AMOUNT) if draw(st.booleans()) else thing
    if isinstance(thing, tuple):
        return tuple(draw(filled(one)) for one in thing)
    if is_dataclass(thing):
        return replace(
            thing, **{field.name: draw(filled(getattr(thing, field.name))) for field in fields(thing)}
        )
    return thing


@given(filled(replace(FULL, company=replace(FULL.company, logo=None))))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_anywhere_is_printed(document):
    pages = pages_in(render(document))
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


@given(st.lists(TEXT, min_size=1, max_size=8), st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_text_and_any_bytes_for_a_logo(texts, logo):
    document = replace(
        FULL,
        notes="\n".join(texts),
        company=replace(FULL.company, name=texts[0], logo=logo),
        number=texts[-1],
    )
    assert pages_in(render(document))
