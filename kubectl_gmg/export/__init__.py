"""The resolved routing in other programs' words."""
