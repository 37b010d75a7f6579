from django.db import migrations, models

import bursar.columns


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0004_upload"),
    ]

    operations = [
        migrations.AddField(
            model_name="configuration",
            name="described",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="configuration",
            name="folded",
            field=models.TextField(default=""),
        ),
        migrations.AddField(
            model_name="configuration",
            name="notify_refresh_token",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="configuration",
            name="notify_token",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="configuration",
            name="provider",
            field=models.TextField(default=""),
        ),
        migrations.AddField(
            model_name="configuration",
            name="public_client",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="configuration",
            name="refreshable",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="configuration",
            name="secret_ends_at",
            field=bursar.columns.InstantField(null=True),
        ),
        migrations.CreateModel(
            name="Listing",
            fields=[
                ("token_id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("configuration_id", models.CharField(max_length=32)),
                ("base", models.SmallIntegerField()),
                ("candidate_until", models.BigIntegerField()),
                ("now_at", models.BigIntegerField()),
                ("soon_at", models.BigIntegerField()),
                ("notice_at", models.BigIntegerField()),
                ("urgent_at", models.BigIntegerField()),
                ("end_at", models.BigIntegerField()),
                ("kept_at", models.BigIntegerField()),
                ("due_at", models.BigIntegerField()),
                ("access_ends_at", models.BigIntegerField()),
                ("refresh_ends_at", models.BigIntegerField()),
                ("name", bursar.columns.CodePointField()),
                ("label", bursar.columns.CodePointField()),
                ("provider", models.TextField()),
                ("cause", models.TextField()),
                ("search", models.TextField()),
            ],
            options={
                "db_table": "tokens_listing",
                "indexes": [
                    models.Index(fields=["name", "label"], name="listing_name"),
                    models.Index(fields=["base", "soon_at"], name="listing_rank"),
                    models.Index(fields=["now_at"], name="listing_now"),
                    models.Index(fields=["candidate_until"], name="listing_candidate"),
                    models.Index(fields=["notice_at"], name="listing_notice"),
                    models.Index(fields=["end_at"], name="listing_end"),
                    models.Index(fields=["kept_at"], name="listing_kept"),
                    models.Index(fields=["configuration_id"], name="listing_configuration"),
                ],
            },
        ),
    ]
