"""kubectl gmg: what a Gloo Mesh Gateway really routes, and why."""

__version__ = "0.1.0"
