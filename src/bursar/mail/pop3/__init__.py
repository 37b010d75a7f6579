"""POP3 (RFC 1939) on the socket: the standard library's reader refuses lines over 2,048 octets, which mail has.

connection   greeting, capabilities, STLS, commands and answers     login    SASL, in one line or in two; USER/PASS
listing      which messages there are, in little memory             source   a session as a source of messages
"""
