"""The table of the one-time codes that end a sign-in with Google."""

from django.conf import settings
from django.db import models

from nextgenerp.database.ids import new_id


class GoogleCode(models.Model):
    """What the front end exchanges for tokens after Google: hashed, 60 seconds, one use, by one browser."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code_hash = models.CharField(max_length=64, unique=True)
    browser_hash = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "google_code"
