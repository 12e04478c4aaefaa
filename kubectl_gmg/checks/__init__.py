"""The rules of `check`, one file each, and what they share (`spec/cli.md` 8)."""
