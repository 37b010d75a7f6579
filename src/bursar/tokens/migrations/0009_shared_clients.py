from django.db import migrations, models

import bursar.columns


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0008_covering_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="configuration",
            index=models.Index(bursar.columns.Beginning("client_id"), models.F("name"), name="configuration_client"),
        ),
    ]
