"""Language models behind an OpenAI-compatible server. openai is imported here alone."""
