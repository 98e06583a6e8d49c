"""WORDS become values here: what people say and what the bot says are read, checked against what is known, explained, taught and written back.

It knows no database and no network; what is in use is one immutable `Words`, and a lesson makes another.
"""
