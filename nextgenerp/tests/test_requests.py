"""What every request meets before any view: paths, methods, bodies, hosts and headers, all answered as problems."""

import json
import re

import pytest
from django.test.client import ClientHandler

from nextgenerp.core.api.problems import CONTENT_TYPE

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def problem(response, status, code):
    """Assert that a response is a complete problem document."""
    assert (response.status_code, response["Content-Type"]) == (status, CONTENT_TYPE)
    body = json.loads(response.content)
    assert {"type", "title", "status", "detail", "code", "requestId"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    assert body["requestId"] == response["X-Request-ID"]
    assert_headers(response)
    return body


def assert_headers(response):
    assert response["X-Request-ID"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/auth",
        "/health/",
        "/%00",
        "/health%00",
        "/%zz",
        "/%ff%fe",
        "/../etc/passwd",
        "/static/../settings",
        "/a" * 2000,
    ],
)
def test_an_unknown_path_is_404(anonymous, db, path):
    problem(anonymous.get(path), 404, "not_found")


def test_an_endless_path_or_query_is_414(anonymous, db):
    problem(anonymous.get("/" + "a" * 9000), 414, "uri_too_long")
    problem(anonymous.get("/health?q=" + "a" * 9000), 414, "uri_too_long")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_a_method_the_path_does_not_have_is_405(anonymous, db, method):
    response = getattr(anonymous, method)("/openapi.json")
    problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD" or "GET" in response["Allow"]


def test_an_unheard_of_method_is_405(anonymous, db):
    problem(anonymous.generic("BREW", "/health"), 405, "method_not_allowed")


def test_head_is_get_without_a_body(anonymous, db):
    response = anonymous.head("/health")
    assert (response.status_code, response.content) == (200, b"")
    assert_headers(response)


def test_a_preflight_of_an_allowed_origin_is_answered(anonymous, db, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    asked = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "if-match"}
    response = anonymous.options("/openapi.json", HTTP_ORIGIN="https://app.example", **asked)
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    assert "if-match" in response["Access-Control-Allow-Headers"]
    refused = anonymous.options("/openapi.json", HTTP_ORIGIN="https://evil.example", **asked)
    assert not refused.has_header("Access-Control-Allow-Origin")


def test_a_request_id_is_kept_when_well_formed_and_made_when_not(anonymous, db):
    assert anonymous.get("/health", HTTP_X_REQUEST_ID="demo-request-1")["X-Request-ID"] == "demo-request-1"
    for offered in ("short", "x" * 65, "with space in it", "line\nbreak-inside", "<script>alert()"):
        assert UUID.match(anonymous.get("/health", HTTP_X_REQUEST_ID=offered)["X-Request-ID"])


def test_an_unknown_host_is_400(anonymous, db):
    problem(anonymous.get("/health", HTTP_HOST="evil.example"), 400, "parse_error")
    problem(anonymous.get("/health", HTTP_HOST="a b"), 400, "parse_error")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]
)
def test_a_content_type_nobody_reads_is_415(anonymous, db, content_type):
    response = anonymous.generic("POST", "/auth/login", b'{"email": 1}', content_type=content_type)
    problem(response, 415, "unsupported_media_type")


def test_a_body_in_another_charset_is_415(anonymous, db):
    response = anonymous.generic(
        "POST", "/auth/login", b"{}", content_type="application/json; charset=utf-16"
    )
    problem(response, 415, "unsupported_media_type")


def test_a_json_body_over_the_limit_is_413(anonymous, db, settings):
    body = b'{"email": "' + b"a" * settings.MAX_JSON_BYTES + b'"}'
    problem(anonymous.generic("POST", "/auth/login", body, content_type="application/json"), 413, "too_large")


def test_a_length_beyond_every_limit_is_413_before_anything_is_read(anonymous, db, settings):
    declared = {"CONTENT_LENGTH": str(settings.MAX_IMPORT_BYTES + settings.MAX_JSON_BYTES + 1)}
    response = anonymous.generic("POST", "/auth/login", b"{}", content_type="application/json", **declared)
    problem(response, 413, "too_large")


def test_a_length_that_is_no_number_is_400(anonymous, db):
    response = anonymous.generic(
        "POST", "/auth/login", b"{}", content_type="application/json", CONTENT_LENGTH="-5"
    )
    problem(response, 400, "parse_error")


class Chunks:
    """The input of a server that was sent a chunked body: it ends by itself."""

    def __init__(self, content):
        self.left = content

    def read(self, size=-1):
        size = len(self.left) if size is None or size < 0 else size
        read, self.left = self.left[:size], self.left[size:]
        return read

    readline = read


def chunked(content, path="/auth/login", content_type="application/json", **more):
    """POST a body without a length straight into the application; the status and the body of the answer."""
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "testserver", "SERVER_PORT": "80",
        "HTTP_HOST": "testserver", "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": content_type,
        "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": Chunks(content), "wsgi.url_scheme": "http",
        "wsgi.input_terminated": True, **more,
    }  # fmt: skip
    response = ClientHandler()(environ)
    return response.status_code, json.loads(response.content)


def test_a_chunked_body_is_read(db):
    status, body = chunked(b'{"nothing": 1}')
    assert (status, body["code"]) == (400, "invalid")
    assert {"field": "nothing", "code": "unknown_field"}.items() <= body["errors"][0].items()


def test_a_chunked_body_over_the_limit_is_413(db, settings):
    status, body = chunked(b'{"email": "' + b"a" * settings.MAX_JSON_BYTES + b'"}')
    assert (status, body["code"]) == (413, "too_large")


def upload(rows):
    """A multipart body with a CSV file of so many leads, and its Content-Type."""
    lines = "".join(f"Demo,demo-lead-{number}@example.com\r\n" for number in range(rows))
    head = '--demo\r\nContent-Disposition: form-data; name="file"; filename="demo.csv"\r\n\r\nFirst name,E-mail\r\n'
    return f"{head}{lines}\r\n--demo--\r\n".encode(), "multipart/form-data; boundary=demo"


def test_a_chunked_upload_is_read_and_bounded(member, settings):
    client = member(leads=["view", "create"])
    authorization = {"HTTP_AUTHORIZATION": client._credentials["HTTP_AUTHORIZATION"]}
    body, content_type = upload(3)
    status, answer = chunked(body, "/leads/import", content_type, **authorization)
    assert (status, answer["created"]) == (200, 3)
    settings.MAX_IMPORT_BYTES, settings.MAX_JSON_BYTES = 2000, 1000
    body, content_type = upload(200)
    status, answer = chunked(body, "/leads/import", content_type, **authorization)
    assert (status, answer["code"]) == (413, "too_large")
    assert client.get("/leads").json()["pagination"]["total"] == 3


def test_an_upload_over_the_limit_is_413(member, settings):
    client = member(leads=["view", "create"])
    settings.MAX_IMPORT_BYTES, settings.MAX_JSON_BYTES = 2000, 1000
    body, content_type = upload(200)
    problem(client.generic("POST", "/leads/import", body, content_type=content_type), 413, "too_large")
    assert client.get("/leads").json()["pagination"]["total"] == 0


@pytest.mark.parametrize("query", ["a=%ff", "a=%00", "a=1&a=2", "a=%ed%a0%80"])
def test_a_malformed_query_is_400(anonymous, db, query):
    problem(anonymous.get(f"/openapi.json?{query}"), 400, "parse_error")


def test_a_parameter_nobody_reads_is_400(anonymous, db):
    body = problem(anonymous.get("/openapi.json?version=3"), 400, "unknown_parameter")
    assert body["errors"] == [{"field": "version", "code": "unknown_parameter", "detail": "There is: none."}]


def test_what_is_under_admin_but_not_there_is_404(anonymous, db):
    problem(anonymous.get("/admin/nothing/here"), 404, "not_found")


def test_the_admin_site_has_a_policy_it_can_work_with(anonymous, db):
    response = anonymous.get("/admin/login/")
    assert response.status_code == 200
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert_headers(response)
