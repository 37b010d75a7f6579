"""What the pages of web services show: `fields` the form, `given` what was sent, `rows` the list and the calls."""
