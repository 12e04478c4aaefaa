"""Why things are what they are, step by step: every step names the object and field that say so."""
