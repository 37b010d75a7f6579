"""The documentation as pages: what administrators read in `docs/` is in the program, at its own address, without a
network.

render   Markdown → HTML that can hold nothing foreign    library   every page, by its path    search   words → places
"""
