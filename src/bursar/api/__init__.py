"""The management API: all that the pages can do, for programs. Holds no rule of its own.

auth       who asks: an API key with the verb `manage`           paging, tags   lists in pages; ETag and If-Match
shapes     one file a noun, unknown members refused              failures       every error as a problem detail
configurations templates tokens mail webservices settings people keys           one file a noun
"""
