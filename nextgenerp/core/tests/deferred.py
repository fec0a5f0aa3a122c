"""Functions for the tests of deferred work, called by their dotted names; CALLS remembers what happened."""

from typing import Any

from django.db import connection

from nextgenerp.core.tasks import GiveUp
from nextgenerp.core.tenancy import current_schema
from nextgenerp.database.ids import new_id
from nextgenerp.database.models import DeferredTask

CALLS: list[Any] = []


def note(*arguments: Any) -> None:
    CALLS.append((current_schema(), *arguments))


def fail(*arguments: Any) -> None:
    note(*arguments)
    raise ZeroDivisionError("demo")


def give_up(*arguments: Any) -> None:
    note(*arguments)
    raise GiveUp("no use")


def lose_claim(then: str) -> None:
    """End well or badly after another worker has taken the task over."""
    DeferredTask.objects.update(claim=new_id(), attempts=7)
    if then == "fail":
        raise ZeroDivisionError


def lose_connection() -> None:
    note()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def break_transaction() -> None:
    """Leave the schema and a transaction behind, as a careless task might."""
    connection.set_schema("nowhere")
    note()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
