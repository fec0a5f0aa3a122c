"""An HTTP client that acts as one seat, and fails a test at once when the server answers 500."""

from functools import cache
from typing import Any

from rest_framework.test import APIClient, ForceAuthClientHandler

from accounts.models import Membership, User
from accounts.tokens import AccessToken


@cache
def handler() -> ForceAuthClientHandler:
    """The one handler of all clients: each of its own would load every middleware anew."""
    return ForceAuthClientHandler(enforce_csrf_checks=False)


class Client(APIClient):
    """``client.post("/leads", {...})`` as a seat, as a user without one, or as nobody."""

    def __init__(self, seat: Membership | None = None, user: User | None = None, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.handler = handler()
        self.seat = seat
        self.user = seat.user if seat else user
        if self.user:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.issue(self.user, seat)}")

    def request(self, **kwargs: Any) -> Any:
        response = super().request(**kwargs)
        if response.status_code == 500:
            raise AssertionError(f"500 for {kwargs['REQUEST_METHOD']} {kwargs['PATH_INFO']}")
        return response
