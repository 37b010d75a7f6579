"""The administrator's system configuration: what there is to set (`SETTINGS`), and what is set."""

from .configuration import SystemConfiguration
from .registry import SETTINGS, Setting, setting

__all__ = ["SETTINGS", "Setting", "SystemConfiguration", "setting"]
