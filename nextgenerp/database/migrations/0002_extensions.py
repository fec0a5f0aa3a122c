"""Extensions tenants' indexes use; they live in public."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("database", "0001_initial")]
    operations = [TrigramExtension()]
