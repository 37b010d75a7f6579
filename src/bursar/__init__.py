"""Bursar keeps OAuth2 tokens alive and hands them to whatever needs them.

provider template -> token configuration -> grant -> token -> hand-out -> consumer
   providers/          tokens/ (document)    grants/  tokens/            mail/ cli/ web/
"""

__version__ = "0.1.0.dev0"
