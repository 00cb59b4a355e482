"""`python -m opinionframe.cli`."""

from opinionframe.cli import main

if __name__ == "__main__":
    main()
