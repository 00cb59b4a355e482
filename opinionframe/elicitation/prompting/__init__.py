"""Prompts as rows: what is asked, in which words, of whom, with which options and examples."""
