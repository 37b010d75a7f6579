"""Who did what when: one row for each change that somebody asked for, also where it was refused (SEC-65)."""
