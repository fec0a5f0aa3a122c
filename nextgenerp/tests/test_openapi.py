"""The OpenAPI document: valid, complete, true to what is declared, and the pages made from it."""

import gzip
import json
import re

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from nextgenerp.core.api import openapi, published
from nextgenerp.core.api.examples import DEEPEST, example_of

DOCUMENT = "urn:openapi"


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(openapi.document(), default=str))


@pytest.fixture(scope="module")
def operations(document):
    return openapi.operations(document)


def test_the_document_is_valid_openapi(document):
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_is_served_as_it_is(anonymous, db, document):
    response = anonymous.get("/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert json.loads(response.content) == document


@pytest.mark.parametrize("path", ["/", "/openapi.json"])
def test_what_does_not_change_is_packed_for_those_who_unpack_it(anonymous, db, path):
    plain, packed = anonymous.get(path), anonymous.get(path, HTTP_ACCEPT_ENCODING="gzip, br")
    assert not plain.has_header("Content-Encoding")
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in plain["Vary"]
    assert gzip.decompress(packed.content) == plain.content


def test_every_served_row_is_described_under_its_published_words(operations):
    described = {(method, path.replace("{", ":").replace("}", "")): one for (method, path), one in operations}
    served = {key for key, row in published.rows().items() if row.served and row.auth != "Private"}
    assert served - set(described) == set()
    for key in served:
        assert described[key]["summary"] == published.rows()[key].description


def test_operation_ids_follow_method_and_path(operations):
    identifiers = [operation["operationId"] for _, operation in operations]
    assert len(set(identifiers)) == len(identifiers)
    by_id = {operation["operationId"]: key for key, operation in operations}
    assert by_id["getHealthReady"] == ("GET", "/health/ready")
    assert by_id["getFilesById"] == ("GET", "/files/{id}")


def test_tags_are_the_published_groups_in_their_order(document, operations):
    names = [tag["name"] for tag in document["tags"]]
    assert names == [name for name in dict.fromkeys(published.GROUPS.values()) if name in names]
    assert {tag for _, operation in operations for tag in operation["tags"]} == set(names)


def test_private_endpoints_are_not_in_the_document(document):
    assert "/metrics" not in document["paths"]
    assert not [path for path in document["paths"] if path.startswith("/admin/login")]


def test_every_operation_says_who_may_call_it(operations):
    for key, operation in operations:
        public = operation["x-access"] == "Public"
        assert operation.get("security", []) == ([] if public else [{"bearer": []}]), key
        assert public or {"401", "403"} <= set(operation["responses"]), key


def test_every_refusal_is_a_problem(document, operations):
    problem = {"$ref": "#/components/schemas/Problem"}
    for key, operation in operations:
        refusals = {status: one for status, one in operation["responses"].items() if status[0] not in "23"}
        assert {"400", "429", "503", "default"} <= set(refusals), key
        assert ("404" in refusals) or "{" not in key[1], key
        for status, response in refusals.items():
            if key[1].startswith("/health") and status == "503":
                continue  # monitors get {"status": "error"}
            shared = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
            assert shared["content"]["application/problem+json"]["schema"] == problem


SAID_BY_THE_PATH = {("PATCH", "/users/{id}/reactivate")}


def test_every_answer_and_body_has_a_schema(operations):
    for key, operation in operations:
        done = {status: one for status, one in operation["responses"].items() if status[0] in "23"}
        assert done, key
        for status, response in done.items():
            assert status in {"204", "302"} or all(
                media["schema"] for media in response["content"].values()
            ), key
        if key[0] in {"PUT", "PATCH"} and key not in SAID_BY_THE_PATH:
            assert operation["requestBody"]["content"], key


def test_lists_have_one_envelope_and_their_parameters(operations):
    lists = [(key, one) for key, one in operations if "Pagination" in json.dumps(one["responses"])]
    assert lists
    for key, operation in lists:
        names = {parameter["name"]: parameter for parameter in operation["parameters"] if "name" in parameter}
        assert (names["limit"]["schema"]["minimum"], names["limit"]["schema"]["maximum"]) == (1, 100), key
        assert "cursor" in names, key
        if key[1].endswith("/activities"):  # a timeline: one order, no counting
            continue
        assert "page" in names, key
        if key[1] == "/leads/duplicates":  # groups have one order
            continue
        assert {"sortBy", "sortOrder"} <= set(names), key
        assert names["sortBy"]["schema"]["default"] in names["sortBy"]["schema"]["enum"], key
        assert names["sortOrder"]["schema"]["enum"] == ["asc", "desc"], key


def test_documented_parameters_are_those_the_view_reads(operations):
    """What a view refuses as unknown must not be documented, and the other way round."""
    for path, regex, method, callback in openapi_endpoints():
        view = callback.cls(**callback.initkwargs)
        view.action = callback.actions[method.lower()]
        if view.accepts_any_parameter:
            continue
        operation = dict(operations)[method, path]
        documented = {one["name"] for one in operation.get("parameters", []) if one.get("in") == "query"}
        assert documented == view.parameters(), (method, path, regex)


def openapi_endpoints():
    inspector = openapi.SchemaGenerator.endpoint_inspector_cls()
    return inspector.get_api_endpoints()


def test_examples_are_valid(document, operations):
    registry = Registry().with_resource(DOCUMENT, Resource.from_contents(document, DRAFT202012))
    checked = 0
    for key, operation in operations:
        for part in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for media in part.get("content", {}).values():
                if "example" in media:
                    schema = json.loads(json.dumps(media["schema"]).replace('"#/', f'"{DOCUMENT}#/'))
                    errors = Draft202012Validator(schema, registry=registry).iter_errors(media["example"])
                    assert [(error.json_path, error.message) for error in errors] == [], key
                    checked += 1
    assert checked


def test_an_example_follows_references_limits_and_nesting():
    schemas = {"Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}}
    assert example_of({"type": ["string", "null"], "maxLength": 3}, {}, "name") == "Dem"
    assert example_of({"type": "string", "minLength": 6}, {}) == "textxx"
    assert example_of({"oneOf": [{"enum": ["hot"]}, {"type": "null"}]}, {}) == "hot"
    assert example_of({"type": "array", "items": {"type": "boolean"}}, {}) == [True]
    assert json.dumps(example_of({"$ref": "#/components/schemas/Node"}, schemas)).count("next") == DEEPEST + 1


def test_the_reference_shows_every_operation(anonymous, db, operations):
    response = anonymous.get("/")
    assert response["Content-Type"] == "text/html; charset=utf-8"
    page = response.content.decode()
    assert re.findall(r'<details class="endpoint" id="(\w+)"', page).__len__() == len(operations)
    assert f"{len(operations)} endpoints" in page
    assert '<span class="badge">Super Admin</span>' in page
    assert "curl -X POST" in page
    assert "Authorization: Bearer $TOKEN" in page


def test_the_reference_lists_groups_in_the_published_order(anonymous, db, document):
    page = anonymous.get("/").content.decode()
    assert re.findall(r"<h2>(.*?)</h2>", page) == [tag["name"] for tag in document["tags"]]


def test_the_reference_can_be_searched_without_javascript(anonymous, db):
    page = anonymous.get("/?q=HEALTH+get").content.decode()
    assert re.findall(r'<details class="endpoint" id="(\w+)"', page) == ["getHealth", "getHealthReady"]
    assert "2 of " in page
    nothing = anonymous.get("/?q=nothing-like-this").content.decode()
    assert "<details" not in nothing
    assert "No endpoint holds all of these words." in nothing


def test_what_is_searched_for_is_escaped(anonymous, db):
    page = anonymous.get("/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page
    assert "&quot;&gt;&lt;script&gt;" in page


def test_the_reference_runs_nothing_but_its_own_style_and_script(anonymous, db):
    response = anonymous.get("/")
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    page = response.content.decode()
    assert re.findall(r'(?:src|href)="(https?:[^"]*)"', page) == []
    assert re.findall(r"<[^>]+ style=", page) == []


def test_docs_load_nothing_from_elsewhere(anonymous, db):
    response = anonymous.get("/docs")
    page = response.content.decode()
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == [
        "/static/drf_spectacular_sidecar/swagger-ui-dist/favicon-32x32.png",
        "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
        "/",
        "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js",
    ]
    assert "script-src 'self' 'sha256-" in response["Content-Security-Policy"]
