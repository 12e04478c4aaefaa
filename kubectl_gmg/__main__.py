"""`python -m kubectl_gmg`."""

from kubectl_gmg.cli import main

main()
