"""The template engine: what is filled in, what is refused, what cannot be smuggled through."""

import html
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from nextgenerp.mail.rendering import PLACEHOLDER, Problem, Texts, problems, render
from nextgenerp.mail.system_mails import SYSTEM_MAILS, shipped_texts


def test_placeholders_become_values_and_html_is_escaped() -> None:
    texts = Texts("Hello {{name}}", "Hi {{ name }}, {{  code  }}", '<a title="{{ name }}">{{ code }}</a>')
    rendered = render(texts, {"name": """<b>"O'Demo" & co</b>""", "code": 42})
    assert rendered == Texts(
        """Hello <b>"O'Demo" & co</b>""",
        """Hi <b>"O'Demo" & co</b>, 42""",
        '<a title="&lt;b&gt;&quot;O&#x27;Demo&quot; &amp; co&lt;/b&gt;">42</a>',
    )


def test_a_value_is_never_a_template() -> None:
    rendered = render(
        Texts("{{ a }}", "{{ a }}{{ b }}", "{{ a }}"), {"a": "{{ b }} {% now %}", "b": "SECRET"}
    )
    assert rendered.subject == "{{ b }} {% now %}"
    assert rendered.body_text == "{{ b }} {% now %}SECRET"
    assert "SECRET" not in rendered.body_html


@pytest.mark.parametrize(
    "placeholder",
    [
        "{{ name.upper }}", "{{ name|safe }}", "{{ name['x'] }}", "{{ name() }}", "{{ __class__ }}", "{{ }}",
        "{{ name", "{{{ name }}}", "{% include 'x' %}", "{{ na me }}", "{{ नाम }}", "{{ 1name }}", "{{\nname }}",
    ],
)  # fmt: skip
def test_what_is_not_a_plain_placeholder_is_refused_with_its_line(placeholder: str) -> None:
    found = list(problems(Texts("s", f"one\ntwo {placeholder}", "h"), ["name"]))
    assert [(problem.field, problem.code) for problem in found] == [("body_text", "invalid_placeholder")]
    assert found[0].detail.startswith("Line 2: ")


def test_every_undeclared_placeholder_is_named() -> None:
    found = list(problems(Texts("{{ total }}", "{{ name }}\n{{ nmae }}", "{{ name }}"), ["name", "code"]))
    assert found == [
        Problem(
            "subject", "undeclared_placeholder", "Line 1: 'total' is not declared. There is: name, code."
        ),
        Problem(
            "body_text", "undeclared_placeholder", "Line 2: 'nmae' is not declared. There is: name, code."
        ),
    ]


def test_css_may_close_two_braces() -> None:
    assert not list(
        problems(Texts("s", "", "<style>@media print {a{color:red}}</style>{{ name }}"), ["name"])
    )


def test_a_subject_is_one_line() -> None:
    assert [problem.code for problem in problems(Texts("a\nBcc: b@example.com", "b", ""), [])] == [
        "line_break"
    ]
    rendered = render(Texts("For {{ name }}", "b", ""), {"name": "Demo\r\nBcc: b@example.com\u2028X\x85Y"})
    assert rendered.subject == "For Demo Bcc: b@example.com X Y"
    assert len(render(Texts("{{ name }}", "b", ""), {"name": "x" * 999}).subject) == 250


def test_a_template_in_html_alone_gets_a_readable_text() -> None:
    markup = "<style>p {color: red}</style><p>Hello {{ name }},</p>\n\n\n\n<p>5 &lt; 6</p>"
    assert render(Texts("s", "", markup), {"name": "<i>Demo</i>"}).body_text == "Hello <i>Demo</i>,\n\n5 < 6"


@given(st.text(), st.text())
def test_markup_of_a_value_never_reaches_the_html(before: str, value: str) -> None:
    before = before.replace("{{", "")
    rendered = render(Texts("s", "x", before + "|{{ name }}|"), {"name": value})
    filled = rendered.body_html.removeprefix(before + "|")[:-1]
    assert html.unescape(filled) == html.unescape(html.escape(value))
    assert not set("<>\"'") & set(filled)


@given(
    st.lists(st.sampled_from(["{", "}", "{{", "}}", "%", " ", "a", "b", "{{ a }}", "\n", "|", "."])).map(
        "".join
    )
)
def test_what_is_accepted_holds_nothing_left_to_fill(text: str) -> None:
    texts = Texts("s", "t" + text, "h")
    if not list(problems(texts, ["a", "b", "ab", "ba"])):
        rendered = render(texts, {"a": "", "b": "", "ab": "", "ba": ""})
        assert "{{" not in rendered.body_text


@pytest.mark.parametrize("mail", SYSTEM_MAILS.values(), ids=lambda mail: mail.key)
def test_shipped_texts_use_exactly_what_their_mail_declares(mail: object) -> None:
    texts = shipped_texts(mail.key)
    assert not list(problems(texts, mail.variables))
    for text in (texts.body_text + texts.subject, texts.body_html + texts.subject):
        assert set(PLACEHOLDER.findall(text)) == set(mail.variables)


def test_every_shipped_folder_is_a_system_mail() -> None:
    folders = {folder.name for folder in Path(settings.BASE_DIR, "templates", "email").iterdir()}
    assert folders == set(SYSTEM_MAILS)
