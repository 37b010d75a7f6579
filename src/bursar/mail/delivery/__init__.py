"""Where messages go: one destination, or by recipient one of several.

spec          `maildir:PATH` and the others, parsed into typed values     registry   from such a value to what delivers
destination   what every destination promises                             dispatch   by recipient, with a default
look          before there is mail: could it be delivered
names         the stable id of a delivery                                 maildir    exactly once
"""
