"""The data that flows through the program: frozen values, no behaviour that touches the world."""
