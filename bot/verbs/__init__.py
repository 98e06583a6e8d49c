"""What the program's verbs do, one file a verb; `bot/cli.py` says how they are called, and imports each only when it runs."""
