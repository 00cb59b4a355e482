"""Models that can be asked: the protocol they follow, the kinds that study files name, and those of the package."""
