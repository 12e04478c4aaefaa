"""What follows from the resolved routes: who can be reached, and what a change would do."""
