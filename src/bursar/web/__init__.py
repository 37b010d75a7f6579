"""The pages: server-rendered, under a strict content security policy, without a request to any other host."""
