"""Web services and their invokers: the outside, called with a token.

service     the words of a service and its invokers, parsed once     document    from YAML to plain values
models      services, log of calls, jobs                             services    add, change, find, delete
transfer    services as YAML                                         apps        users of token configurations
"""
