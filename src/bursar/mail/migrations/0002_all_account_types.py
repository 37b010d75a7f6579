"""All types, passwords, dispatching, intervals; the ledger's key becomes text, so that UIDLs and Graph ids fit."""

from django.db import migrations, models

import bursar.columns


class Migration(migrations.Migration):
    dependencies = [("mail", "0001_initial")]

    operations = [
        migrations.AlterField(
            "MailAccount",
            "token",
            models.ForeignKey(
                null=True, on_delete=models.deletion.PROTECT, related_name="mail_accounts", to="tokens.token"
            ),
        ),
        migrations.AddField("MailAccount", "password", models.BinaryField(null=True)),
        # What was made before this version keeps its headers, and is collected only when asked.
        migrations.AddField("MailAccount", "trusted", models.BooleanField(default=True)),
        migrations.AlterField("MailAccount", "trusted", models.BooleanField(default=False)),
        migrations.AddField("MailAccount", "recipients", models.TextField(default="{}")),
        migrations.AddField("MailAccount", "comment", models.TextField(default="")),
        migrations.AddField("MailAccount", "interval", models.IntegerField(default=0)),
        migrations.AddField("MailAccount", "next_run_at", bursar.columns.InstantField(db_index=True, null=True)),
        migrations.AddField("MailAccount", "changed_at", bursar.columns.InstantField(null=True)),
        migrations.AddField("MailAccount", "changed_by", models.TextField(default="")),
        migrations.AddField("MailAccount", "generation", models.BigIntegerField(default=1)),
        migrations.AddField("MailRun", "repeated", models.IntegerField(default=0)),
        migrations.AddField("MailRun", "octets", models.BigIntegerField(default=0)),
        migrations.RemoveConstraint("MailLedger", "mail_ledger_message"),
        migrations.RenameField("MailLedger", "uidvalidity", "validity"),
        migrations.RenameField("MailLedger", "uid", "message"),
        migrations.AlterField("MailLedger", "folder", bursar.columns.CodePointField()),
        migrations.AlterField("MailLedger", "validity", bursar.columns.CodePointField()),
        migrations.AlterField("MailLedger", "message", bursar.columns.CodePointField()),
        migrations.AddField("MailLedger", "state", models.TextField(default="delivered")),
        migrations.RunSQL("UPDATE mail_ledger SET state = 'settled' WHERE settled", migrations.RunSQL.noop),
        migrations.RemoveField("MailLedger", "settled"),
        migrations.AddConstraint(
            "MailLedger",
            models.UniqueConstraint(fields=["account", "folder", "validity", "message"], name="mail_ledger_message"),
        ),
    ]
