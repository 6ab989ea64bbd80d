"""The screens of incidents: the list, the room of one, and what is asked of a person who works on it."""
