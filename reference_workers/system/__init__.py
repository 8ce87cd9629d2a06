"""The agent system as a whole: which workers it has, and what starts, watches and stops them."""
