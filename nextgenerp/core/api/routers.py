"""The one router: paths exactly as published, without a trailing slash, ids in the path called ``id``."""

from rest_framework.routers import SimpleRouter


class Router(SimpleRouter):
    def __init__(self) -> None:
        super().__init__(trailing_slash=False)
