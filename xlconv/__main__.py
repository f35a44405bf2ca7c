"""`python -m xlconv`: the command line."""

from xlconv.cli import main

main()
