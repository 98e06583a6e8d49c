"""What the bot can do, one file a skill; no skill imports another. Each is `run(turn, facts, now) -> Decision`, a row in decide.SKILLS."""
