"""`python -m workers.cli`, for programs that start commands with their own Python."""

from workers.cli import main

if __name__ == "__main__":
    main()
