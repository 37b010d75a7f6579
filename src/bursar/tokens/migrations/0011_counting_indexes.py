from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0010_upload_kind"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_notice",
        ),
        migrations.RemoveIndex(
            model_name="listing",
            name="listing_soon",
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(fields=["soon_at", "base", "now_at", "candidate_until"], name="listing_soon"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                fields=["notice_at", "base", "now_at", "soon_at", "candidate_until"], name="listing_notice"
            ),
        ),
    ]
