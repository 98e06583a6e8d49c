"""Utterance -> Understanding."""

from bot.core.matching import Lexicon, Matcher, Ranking

__all__ = ["Lexicon", "Matcher", "Ranking"]
