"""A stand-in for Google on loopback: signs anybody in, gives codes and ID tokens, publishes its keys."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "demo-client.example"
CLIENT_SECRET = "demo-google-client-secret"
ISSUER = "https://accounts.google.com"
PERSON = {
    "sub": "100000000000000000001",
    "email": "demo.person@example.com",
    "email_verified": True,
    "given_name": "Demo",
    "family_name": "Person",
    "name": "Demo Person",
}


@cache
def key_named(kid: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(claims: dict[str, Any], kid: str = "demo-key-1") -> str:
    return jwt.encode(claims, key_named(kid), "RS256", headers={"kid": kid})


class GoogleServer(ThreadingHTTPServer):
    """Serves until ``close``; what a test changes is the person, the claims, the keys and how answers are made."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Endpoints)
        self.person = dict(PERSON)
        self.claims: dict[str, Any] = {}  # on top of the right ones; None leaves one out
        self.sign: Callable[[dict[str, Any]], str] = signed
        self.published = ["demo-key-1"]
        key_named("demo-key-1")  # made now, once, and not by each of several threads
        self.answers: dict[
            str, Callable[[Endpoints], None]
        ] = {}  # path → what to do in the usual answer's place
        self.codes: dict[str, dict[str, str]] = {}
        self.seen: list[str] = []
        self.let_go = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def close(self) -> None:
        self.let_go.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *about: Any) -> None:
        """A client that gave up waiting is what some tests are about."""

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce,
        }
        claims |= self.person | self.claims
        return self.sign({name: value for name, value in claims.items() if value is not None})


class Endpoints(BaseHTTPRequestHandler):
    server: GoogleServer

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        self.dispatch(path, {"/authorize": self.authorize, "/keys": self.keys}.get(path), query)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.dispatch(self.path, {"/token": self.token}.get(self.path), dict(parse_qsl(body)))

    def dispatch(self, path: str, endpoint: Any, given: dict[str, str]) -> None:
        self.server.seen.append(path)
        if path in self.server.answers:
            self.server.answers[path](self)
        else:
            endpoint(given)

    def authorize(self, given: dict[str, str]) -> None:
        """Sign the person in at once and send the browser back with a code."""
        right = given["client_id"] == CLIENT_ID and given["response_type"] == "code"
        if not (right and given["code_challenge_method"] == "S256" and "openid" in given["scope"].split()):
            self.answer(400, {"error": "invalid_request"})
            return
        code = secrets.token_urlsafe(16)
        self.server.codes[code] = given
        back = {
            "state": given["state"],
            "code": code,
            "scope": given["scope"],
            "authuser": "0",
            "prompt": "none",
        }
        self.send_response(302)
        self.send_header("Location", f"{given['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def token(self, given: dict[str, str]) -> None:
        """Exchange a code once, for the client it was made for and with the verifier of its challenge."""
        asked = self.server.codes.pop(given.get("code", ""), None)
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            self.answer(401, {"error": "invalid_client"})
        elif (
            asked is None
            or asked["redirect_uri"] != given.get("redirect_uri")
            or asked["code_challenge"] != challenge_of(given.get("code_verifier", ""))
            or given.get("grant_type") != "authorization_code"
        ):
            self.answer(400, {"error": "invalid_grant"})
        else:
            id_token = self.server.id_token(asked["nonce"])
            self.answer(
                200,
                {"access_token": "demo", "token_type": "Bearer", "expires_in": 3599, "id_token": id_token},
            )

    def keys(self, given: dict[str, str]) -> None:
        algorithm = jwt.get_algorithm_by_name("RS256")
        shown = {
            kid: algorithm.to_jwk(key_named(kid).public_key(), as_dict=True) for kid in self.server.published
        }
        self.answer(
            200, {"keys": [{**one, "kid": kid, "use": "sig", "alg": "RS256"} for kid, one in shown.items()]}
        )

    def answer(self, status: int, content: Any) -> None:
        self.answer_raw(status, json.dumps(content).encode())

    def answer_raw(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *about: Any) -> None:
        """Silent."""


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
