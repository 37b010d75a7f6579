"""Settings that a person changed, and the check that tells the right master key from a wrong one."""

from django.db import models

from ..columns import InstantField


class ChangedSetting(models.Model):
    """A setting that differs from its default, as text; `registry` knows its type."""

    name = models.CharField(primary_key=True, max_length=200)
    value = models.TextField()
    changed_at = InstantField()
    changed_by = models.TextField(default="")

    class Meta:
        db_table = "sysconfig_setting"


class SettingChange(models.Model):
    """Who changed a setting when, and from what to what; null stands for the default."""

    name = models.CharField(max_length=200, db_index=True)
    before = models.TextField(null=True)
    after = models.TextField(null=True)
    changed_at = InstantField()
    changed_by = models.TextField(default="")

    class Meta:
        db_table = "sysconfig_change"


class KeyCheck(models.Model):
    """One row: a known text sealed with the master key. A key that can't open it is not this database's (SEC-34)."""

    id = models.CharField(primary_key=True, max_length=32)
    sealed = models.BinaryField()

    class Meta:
        db_table = "sysconfig_key_check"
