from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0005_the_listing"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_rank",
        ),
        migrations.RemoveField(
            model_name="listing",
            name="due_at",
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(fields=["base"], name="listing_rank"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(fields=["soon_at"], name="listing_soon"),
        ),
    ]
