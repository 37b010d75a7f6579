"""Mail accounts: what is collected, from where, with which token, and into what.

models      accounts, the ledger of what was delivered, the log of runs
account     the words of an account, parsed once       accounts    add, list, delete
sasl        XOAUTH2 and OAUTHBEARER                     imap        one connection, bounded in time and size
mailbox     the selected folder: UIDs, sizes, bodies    login       connection, token and login together
fetch       one run over one account                    lease       one run at a time
ledger      what was delivered and settled              settle      delete, move or mark at the server
explain     what a server said, in plain words          probe       the connection, tested step by step
delivery/   where messages go
"""
