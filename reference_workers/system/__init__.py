"""The agent system as a whole: the list of its workers; starting, watching and stopping them."""
