"""The commands: each takes a session and returns a view; nothing is printed here."""
