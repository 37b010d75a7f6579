"""Failures in a row, which slow an account in trouble down; runs that found nothing share a row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mail", "0003_quarantine")]

    operations = [
        migrations.AddField("MailAccount", "failures", models.IntegerField(default=0)),
        migrations.AddField("MailRun", "runs", models.IntegerField(default=1)),
        migrations.AddField("MailRun", "took", models.BigIntegerField(default=0)),
    ]
