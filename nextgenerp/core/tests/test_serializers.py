"""Names are camelCase on the wire and snake_case within, nothing unknown is taken, hidden records do not exist."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from nextgenerp.core.api.fields import DecimalField, RecordIdField
from nextgenerp.core.names import camel_case
from nextgenerp.core.scope import Scope
from nextgenerp.core.tenancy import Actor
from nextgenerp.core.tests import probes


def test_names_are_camel_case_both_ways(full):
    assert full.post("/echo", {"lineTotal": "5", "firstName": " Asha "}).json() == {
        "line_total": "5.00", "first_name": "Asha"
    }  # fmt: skip
    note = full.post("/notes", {"name": "one"}).json()
    assert list(note) == ["id", "name", "version", "createdAt"]


@pytest.mark.parametrize(
    "name", ["line_total", "linetotal", "LineTotal", "nothing", "", "__class__", "a" * 300]
)
def test_unknown_fields_are_refused_by_name(full, name):
    response = full.post("/echo", {name: "5"})
    assert response.status_code == 400
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [(name, "unknown_field")]


def test_read_only_fields_may_be_sent_back(full):
    note = full.post("/notes", {"name": "one"}).json()
    back = full.patch(f"/notes/{note['id']}", note | {"name": "two", "id": str(uuid4()), "version": 9})
    assert back.status_code == 200
    assert back.json() == note | {"name": "two", "version": 2}


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_a_body_that_is_no_object_is_invalid(full, body):
    response = full.post("/notes", body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


@given(st.from_regex("[a-z]+(_[a-z0-9]+)*", fullmatch=True))
def test_camel_case_never_mixes_two_names_up(name):
    assert "_" not in camel_case(name)
    assert camel_case(name).lower() == name.replace("_", "")


TAKEN = {
    "5": "5.00",
    5: "5.00",
    "-0": "0.00",
    "0.10": "0.10",
    " 1 ": "1.00",
    "1e3": "1000.00",
    "999999999999.99": "999999999999.99",
}


@pytest.mark.parametrize(("given", "shown"), TAKEN.items())
def test_exact_numbers(full, given, shown):
    assert full.post("/echo", {"lineTotal": given}).json() == {"line_total": shown}


def test_a_json_number_is_exact(full):
    response = full.generic("POST", "/echo", b'{"lineTotal": 0.1}', content_type="application/json")
    assert response.json() == {"line_total": "0.10"}


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e400",
        "1e-400",
        "1000000000000",
        "0.001",
        "1_000",
        "१२",
        "1,000",
        "0x1",
        "",
        True,
        [],
        {},
    ],
)
def test_what_is_no_exact_number_is_refused(full, value):
    response = full.post("/echo", {"lineTotal": value})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "lineTotal"


@pytest.mark.parametrize("value", [5, True, [], {}, ["x"], "x" * 21])
def test_texts_are_texts(full, value):
    response = full.post("/echo", {"firstName": value})
    assert response.json()["errors"][0]["field"] == "firstName"


def test_null_is_empty_where_empty_is_allowed(full):
    assert full.post("/echo", {"firstName": None}).json() == {"first_name": ""}


@pytest.fixture
def referring(tenant, monkeypatch):
    """``referring(actor)``: a RecordIdField to notes, which for this test are scoped by their name."""
    monkeypatch.setattr(probes.Note, "scope", Scope("Leads", owners=("id",)), raising=False)

    def field(**actor):
        request = Request(APIRequestFactory().post("/"))
        request.actor = Actor(**actor)
        made = RecordIdField(queryset=probes.Note.objects.all())
        made._context = {"request": request}
        return made

    return field


def test_hidden_absent_and_malformed_ids_in_a_body_are_one_answer(referring):
    note, other = probes.Note.objects.create(name="mine"), probes.Note.objects.create(name="hidden")
    field = referring(seat_id=note.pk, grants={"Leads": {"scope": "own"}})
    assert field.run_validation(str(note.pk)) == note
    answers = set()
    for value in (str(other.pk), str(uuid4()), "nothing", 5, None, [], other.pk.hex):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            field.run_validation(value)
        answers.add((caught.value.get_codes()[0], str(caught.value.detail[0])) if value is not None else None)
    assert answers - {None} == {("does_not_exist", "There is no such record.")}


def test_scope_all_refers_to_any_record(referring):
    note = probes.Note.objects.create(name="any")
    assert referring(grants={"Leads": {"scope": "all"}}).run_validation(str(note.pk)) == note


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=2))
def test_a_decimal_comes_back_as_it_went(value):
    field = DecimalField(max_digits=14, decimal_places=2)
    assert field.run_validation(field.to_representation(value)) == value
