"""See survey.toml: what this survey is, how its file is coded, and how to get it."""
