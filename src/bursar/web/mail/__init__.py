"""What the pages of mail accounts show: `rows` the list, `fields` the form, `given` what was sent, `tests` a test."""
