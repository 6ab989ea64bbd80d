"""How people are reached, who is on call, and who is asked next."""
