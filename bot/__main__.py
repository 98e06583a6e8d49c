"""`python -m bot` is the same as the command `usher`."""

from bot.cli import app

if __name__ == "__main__":
    app()
