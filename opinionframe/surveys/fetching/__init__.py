"""Fetching a survey's file: a name or a link goes in, the path of a checked file comes out."""
