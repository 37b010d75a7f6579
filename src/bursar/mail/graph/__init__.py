"""Microsoft Graph as a source of mail, as learn.microsoft.com/graph/api/resources/message documents it (November 2026).

client    one request: token, throttling, errors in words     folder    a folder by its path
source    listing, MIME, delete or move                        explain   Graph's error codes, in plain words
"""
