from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0005_tests"),
        ("tokens", "0008_covering_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="mailaccount",
            index=models.Index(condition=models.Q(("failures__gt", 0)), fields=["name"], name="mail_account_failing"),
        ),
    ]
