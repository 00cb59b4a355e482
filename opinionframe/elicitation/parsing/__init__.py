"""Raw text to shares: what an answer says, or why it says nothing."""
