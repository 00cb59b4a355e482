"""`python -m opinionframe`: the command, where its script is not on the path."""

from opinionframe.cli import main

if __name__ == "__main__":
    main()
