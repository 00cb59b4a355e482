"""Models that can be asked: the protocol they follow, and those that come with the package."""
