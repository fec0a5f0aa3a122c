"""Text: which face it is set in, how it is shaped, broken and bounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextgenerp.core.documents.pdf.boxes import measure, set_text
from nextgenerp.core.documents.pdf.fonts import BLOCKS, COMMON, LATIN, PLACEHOLDER, face_of, script_of
from nextgenerp.core.documents.pdf.styles import SMALL
from nextgenerp.core.documents.pdf.tests.reading import pages_of
from nextgenerp.core.documents.pdf.tests.samples import simple
from nextgenerp.core.documents.pdf.writing import break_lines, clean, runs_of

WORDS = {
    "Devanagari": "क्षत्रिय", "Bengali": "কম্পিউটার", "Gurmukhi": "ਪੰਜਾਬੀ", "Gujarati": "કમ્પ્યુટર",
    "Oriya": "ଓଡ଼ିଆ", "Tamil": "கொள்கை", "Telugu": "క్షేత్రం", "Kannada": "ಗಣಕಯಂತ್ರ", "Malayalam": "കമ്പ്യൂട്ടർ",
    "OlChiki": "ᱥᱟᱱᱛᱟᱲᱤ", "MeeteiMayek": "ꯃꯤꯇꯩꯂꯣꯟ",
}  # fmt: skip
ANY = st.text(st.characters(exclude_categories=()), max_size=60)


def said(text, width=10_000.0):
    """A text as its runs say it."""
    return " ".join(
        "".join(run.text for _, run in line.runs)
        for line in break_lines(clean(text, 500), bold=False, width=width, lines=500)
    )


def test_the_words_above_are_of_every_script():
    assert set(WORDS) == set(BLOCKS)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("script", WORDS)
def test_each_script_has_its_face(script, bold):
    [run] = runs_of(WORDS[script], bold)
    assert (run.face.script, run.face.bold) == (script, bold)
    assert clean(WORDS[script], 100) == WORDS[script]
    assert run.width > 0


@pytest.mark.parametrize("script", WORDS)
def test_each_script_is_read_back_from_the_page(script):
    [page] = pages_of(simple(1, notes=f"{WORDS[script]} and {WORDS[script]}"))
    assert f"{WORDS[script]} and {WORDS[script]}" in page


def test_conjuncts_and_reordered_vowels_are_shaped():
    [run] = runs_of("क्षि", False)  # four characters: the vowel sign goes before a conjunct of three
    assert len(run.glyphs) == 2
    assert run.glyphs[0].character == "\u093f" or ord(run.glyphs[0].character) >= 0xE000
    assert len({glyph.cluster for glyph in run.glyphs}) == 1


@pytest.mark.parametrize("bold", [False, True])
def test_noto_sans_has_the_rupee_and_the_placeholder(bold):
    face = face_of(LATIN, bold)
    assert set(COMMON) | {"₹", PLACEHOLDER} <= face.characters
    assert len(set(COMMON)) == 31


def test_a_text_of_several_scripts_is_divided():
    runs = [(run.face.script, run.text) for run in runs_of("रु.500/நாள்", False)]
    assert runs == [("Devanagari", "रु"), (LATIN, ".500/"), ("Tamil", "நாள்")]


def test_a_danda_stays_with_the_script_before_it():
    assert [(run.face.script, run.text) for run in runs_of("আছে।", False)] == [("Bengali", "আছে।")]


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("a\x00b\x07c\x7f", "abc"),
        ("a\tb\xa0c\u2003d", "a b c d"),
        ("right \u202eleft\u2066 \ufeffend\u00ad", "right left end"),
        ("فاتورة", PLACEHOLDER * 6),
        ("中文", PLACEHOLDER * 2),
        ("👩\u200d💻 ok", f"{PLACEHOLDER}\u200d{PLACEHOLDER} ok"),
        ("❤\ufe0f", PLACEHOLDER),
        ("\ud800x", f"{PLACEHOLDER}x"),
        ("\ue000\ue123", PLACEHOLDER * 2),
        ("ＡＢＣ ５ ㎡ ①", "ABC 5 m2 1"),
        ("5\u22122", "5-2"),
        ("e\u0301", "é"),
        ("Z" + "\u0335" * 50, "Z" + "\u0335" * 3),
        ("\u0301", "\u0301"),
        ("line\r\nline\rline\u2028line", "line\nline\nline\nline"),
        ("a\n\n\n\n\nb", "a\n\nb"),
    ],
)
def test_what_becomes_of_characters(text, set_as):
    assert clean(text, 1000) == set_as


@given(ANY)
def test_cleaning_leaves_only_what_can_be_set_and_nothing_to_do(text):
    cleaned = clean(text, 1000)
    assert clean(cleaned, 4000) == cleaned
    assert all(character in "\n\u200c\u200d" or script_of(character) is not None for character in cleaned)


@given(ANY, st.integers(300, 20_000), st.integers(1, 6))
@settings(deadline=None)
def test_lines_fit_and_lose_nothing_unseen(text, width, lines):
    cleaned = clean(text, 1000)
    broken = break_lines(cleaned, bold=False, width=width, lines=lines)
    assert len(broken) <= lines
    widest = max((measure(one) for one in cleaned.split()), default=0)
    for line in broken:
        assert line.width <= width or len(line.runs[0][1].text) == 1 or widest > width
    shown = "".join(run.text for line in broken for _, run in line.runs)
    assert "".join(shown.split()) == "".join(cleaned.split()) or shown.endswith("…")


def test_a_long_word_is_broken():
    lines = break_lines("x" * 100, bold=False, width=10 * face_of(LATIN, False).widths["x"], lines=99)
    assert [line.runs[0][1].text for line in lines] == ["x" * 10] * 10


def test_a_long_word_is_broken_between_syllables():
    syllable = "क्षि"
    [run] = runs_of(syllable, False)
    lines = break_lines(syllable * 9, bold=False, width=run.width * 3.5, lines=99)
    assert ["".join(run.text for _, run in line.runs) for line in lines] == [syllable * 3] * 3


def test_what_is_too_long_ends_in_an_ellipsis():
    assert clean("word " * 100, 12) == "word word w…"
    text = set_text("one two three four five six seven", SMALL, 60, lines=2)
    assert [line.runs[0][1].text for line in text.lines] == ["one two three", "four five six…"]
    one = set_text("x" * 200, SMALL, 60, lines=1)
    assert one.lines[0].runs[0][1].text.rstrip("…") == "x" * 13
    assert one.lines[0].width * SMALL.size / 1000 <= 60


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "क" * 100_000, "क्" * 50_000, "\u0301" * 100_000, "a\n" * 50_000]
)
def test_a_huge_text_is_cut_before_it_costs_anything(text):
    pages = pages_of(simple(1, notes=text, terms=text, number=text, copy=text))
    assert len(pages) < 200
    assert "…" in "".join(pages)


def test_markup_is_only_text():
    """No markup language is behind a text, and no text ends the string it is in."""
    nasty = (
        '<img src="file:///etc/passwd"/> <a href="http://example.org">x</a> &amp; <b>b</b> %s {0} \\ ) Tj (',
        "(unbalanced", "back\\slash\\", "\\101", "<para>", "]]>", "endstream endobj", "/URI",
    )  # fmt: skip
    for text in nasty:
        [page] = pages_of(simple(1, notes=text))
        assert text in page


def test_measuring_agrees_with_setting():
    for text in ("Plain", "₹ 1,250.00", "हिन्दी text"):
        [line] = break_lines(text, bold=False, width=float("inf"), lines=1)
        assert measure(text) == line.width
    assert said("one  two") == "one two"
