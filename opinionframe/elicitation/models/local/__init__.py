"""Language models on this machine, through transformers. torch is imported here alone."""
