"""The shapes of the API, one file a noun. What comes in is strict: an unknown member is refused (SEC-42).

Secrets only ever go in.
"""
