"""Lints the words: what does not load, what has no answer, what belongs to two intents, what is hard to tell apart, what a reply forgets."""

from bot.check.sweep import faults_of

__all__ = ["faults_of"]
