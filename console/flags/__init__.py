"""Feature flags: the model, who gets what and why, whom a change moves. Pure: nothing here asks a host."""
