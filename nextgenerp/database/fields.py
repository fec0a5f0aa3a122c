"""Columns of kinds Django does not bring."""

from django.db import models


class OwnerKey(models.ForeignKey):
    """A foreign key to the record a row is part of, checked at COMMIT: a document's lines may be stored before it."""
