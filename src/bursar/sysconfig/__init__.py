"""The administrator's system configuration: what there is to set (`registry`), and what is set (`SystemConfiguration`)."""

from .configuration import SystemConfiguration
from .registry import SETTINGS, Setting, setting

__all__ = ["SETTINGS", "Setting", "SystemConfiguration", "setting"]
