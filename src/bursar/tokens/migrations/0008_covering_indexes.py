from django.db import migrations, models

import bursar.columns


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0007_token_state_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="Search",
            fields=[
                ("token_id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("search", models.TextField()),
            ],
            options={
                "db_table": "tokens_search",
            },
        ),
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_name",
        ),
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_end",
        ),
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_rank",
        ),
        migrations.RemoveField(
            model_name="listing",
            name="search",
        ),
        migrations.AddField(
            model_name="listing",
            name="users",
            field=models.IntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="listing",
            name="provider",
            field=bursar.columns.CodePointField(),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["name", "label", "base", "now_at", "soon_at", "candidate_until", "token_id"],
                name="listing_name",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["base", "name", "label", "now_at", "soon_at", "candidate_until", "token_id"],
                name="listing_rank",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["provider", "name", "label", "base", "now_at", "soon_at", "candidate_until", "token_id"],
                name="listing_provider",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["access_ends_at", "name", "label", "base", "now_at", "soon_at", "candidate_until", "token_id"],
                name="listing_access",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["refresh_ends_at", "name", "label", "base", "now_at", "soon_at", "candidate_until", "token_id"],
                name="listing_refresh",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["users", "name", "label", "base", "now_at", "soon_at", "candidate_until", "token_id"],
                name="listing_users",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["end_at", "name", "label", "base", "now_at", "soon_at", "candidate_until", "token_id"],
                name="listing_end",
            ),
        ),
    ]
