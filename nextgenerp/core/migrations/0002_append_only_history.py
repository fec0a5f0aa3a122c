"""History is append-only by privilege; it holds for the owner of the table too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        migrations.RunSQL(
            ["REVOKE UPDATE, DELETE, TRUNCATE ON history FROM CURRENT_USER"],
            ["GRANT UPDATE, DELETE, TRUNCATE ON history TO CURRENT_USER"],
        )
    ]
