"""The heart: token configurations, tokens, and the use cases that are the only writers of both.

document/   the configuration document, parsed once into typed values
models      the rows                    configure   add, change, hold, confirm, delete a configuration
transfer    export and import           authorize   consent: ticket, state, callback
obtain      the one question every consumer asks    refresh   attempt, lease, call, compare-and-swap
request     client credentials          revoke      here at once, at the provider as soon as it answers
"""
