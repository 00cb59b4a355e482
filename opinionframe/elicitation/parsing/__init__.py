"""Reading answers: raw text goes in, the shares of the options come out, or why there are none."""
