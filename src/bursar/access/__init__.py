"""Who may do what: people and their roles (later: API keys)."""
