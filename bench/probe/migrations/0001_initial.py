import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """A table with an index, as a release might bring."""

    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BenchProbe",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("lead_id", models.UUIDField()),
                ("note", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "bench_probe",
                "indexes": [models.Index(fields=["lead_id", "created_at"], name="bench_probe_lead")],
            },
        ),
    ]
