"""Bodies and query strings: read strictly, or refused with a problem and nothing done."""

import json
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextgenerp.core.api.parsers import MAX_DEPTH, parse_json
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tests import probes


def post(client, body, content_type="application/json", path="/happen"):
    return client.generic("POST", path, body, content_type=content_type)


def deep(depth, opening=b"[", closing=b"]"):
    return opening * depth + closing * depth


REFUSED = {
    "empty text": b" ",
    "half an object": b'{"a":',
    "two values": b"{} {}",
    "trailing comma": b'{"a": 1,}',
    "comment": b"{} // x",
    "single quotes": b"{'a': 1}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "latin-1": '{"a": "é"}'.encode("latin-1"),
    "overlong utf-8": b'{"a": "\xc0\xaf"}',
    "surrogate in utf-8": b'{"a": "\xed\xa0\x80"}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "lone surrogate as a name": b'{"\\udfff": 1}',
    "NUL": b'{"a": "\\u0000"}',
    "NUL as a name": b'{"\\u0000": 1}',
    "control character": b'{"a": "\\u0007"}',
    "delete": b'{"a": "\\u007f"}',
    "C1 control character": b'{"a": "\\u0085"}',
    "carriage return": b'{"a": "\\r"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "same name twice": b'{"a": 1, "a": 2}',
    "same name twice, inside": b'[{"a": {"b": 1, "b": 2}}]',
    "whole number too large": b'{"a": 9223372036854775808}',
    "whole number of 5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "arrays too deep": deep(MAX_DEPTH + 1),
    "objects too deep": b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    "arrays far too deep": deep(400_000),
    "arrays too deep and not closed": b"[" * 900_000,
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_is_not_strict_json_is_refused_before_anything_is_done(full, body):
    response = post(full, body)
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
    assert probes.happened == []


ACCEPTED = {
    "nothing": b"",
    "object": b'{"a": "tab\\t and\\n newline"}',
    "as deep as may be": deep(MAX_DEPTH),
    "brackets in texts": json.dumps({"a": "[" * 500}).encode(),
    "brackets after an escaped quote": json.dumps({"a": '\\"' + "{" * 500}).encode(),
    "largest whole number": b'{"a": 9223372036854775807}',
    "pair of surrogates": b'{"a": "\\ud83d\\ude00"}',
    "Hindi": '{"नाम": "क्षत्रिय"}'.encode(),
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_strict_json_is_accepted(full, body):
    assert post(full, body).status_code == 200


def test_finding_depth_takes_linear_time():
    """Quotes without an end once made it quadratic: hours for a body of 1 MB, before anybody was authenticated."""
    seconds = []
    for size in (2_000, 40_000):
        body = b"[" * (MAX_DEPTH + 1) + b'"' + b'\\"' * size
        started = process_time()
        with pytest.raises(Invalid):
            parse_json(body)
        seconds.append(process_time() - started)
    assert seconds[1] < 100 * max(seconds[0], 0.01)  # quadratic would be 400 times


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63) + 1, 2**63 - 1)
        | st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('[]{}"\\\n\t')),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text("ab[]{}\"'\\"), inner, max_size=4)
        ),
        max_leaves=30,
    )
)
@settings(max_examples=300, deadline=None)
def test_what_json_writes_is_read_back_or_too_deep(value):
    raw = json.dumps(value).encode()
    if depth(value) > MAX_DEPTH:
        with pytest.raises(Invalid, match="nested"):
            parse_json(raw)
    else:
        assert parse_json(raw) == value


def depth(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(depth, inside), default=0)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(raw):
    with suppress(Invalid):
        parse_json(raw)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/json; charset=latin-1",
        "application/x-www-form-urlencoded",
        "",
    ],
)
def test_other_content_types_are_415(full, content_type):
    response = post(full, b"{}", content_type)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert probes.happened == []


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF8"']
)
def test_json_is_utf8(full, content_type):
    assert post(full, b"{}", content_type).status_code == 200


def test_a_body_of_a_million_bytes_is_the_largest(full, settings):
    size = settings.MAX_JSON_BYTES
    assert post(full, b'"' + b"a" * (size - 2) + b'"').status_code == 200
    response = post(full, b'"' + b"a" * (size - 1) + b'"')
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


QUERIES = {
    "not utf-8": "search=%ff",
    "overlong": "search=%c0%af",
    "surrogate": "search=%ed%a0%80",
    "NUL": "search=%00",
    "NUL in a name": "sea%00rch=1",
    "control character": "search=%07",
    "C1 control character": "search=%c2%85",
    "twice": "limit=1&limit=2",
    "too many": "&".join(f"p{number}=1" for number in range(101)),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_query_strings_are_strict(full, query):
    response = full.generic("GET", "/notes", QUERY_STRING=query)
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_raw_bytes_in_a_query_string_are_utf8_too(full):
    """WSGI hands them over as Latin-1."""
    assert full.generic("GET", "/notes", QUERY_STRING="search=\xff").json()["code"] == "parse_error"
    assert (
        full.generic("GET", "/notes", QUERY_STRING="search=é".encode().decode("latin-1")).status_code == 200
    )


def test_unknown_parameters_are_refused_by_name(full):
    response = full.get("/notes?exactNam=x")
    assert response.status_code == 400
    assert response.json()["code"] == "unknown_parameter"
    assert [error["field"] for error in response.json()["errors"]] == ["exactNam"]
    assert "exactName" in response.json()["errors"][0]["detail"]


def test_parameters_have_one_spelling(full):
    assert full.get("/notes?exact_name=x").json()["code"] == "unknown_parameter"
    assert full.get("/notes?exactName=x").status_code == 200


@pytest.mark.parametrize(
    "path", ["/notes/%00", "/notes/%ff", "/notes/%ed%a0%80", "/notes/..%2f", "/notes/" + "9" * 5000]
)
def test_odd_paths_are_404(full, path):
    assert full.generic("GET", path).status_code == 404
