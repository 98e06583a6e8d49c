"""PURE: takes values, gives values. No await, no clock, no file, no log, no randomness; if a line decides, it lives here."""
