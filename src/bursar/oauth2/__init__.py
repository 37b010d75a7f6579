"""The protocol's words and wire: pure, stateless, no Django.

vocabulary   urls   plan (one request of a document)   pkce   client_auth
token_endpoint (answers and verdicts)   authorization_response (the callback)   id_token   retry_after
"""
