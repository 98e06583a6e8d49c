"""Utterance -> Understanding. Pure; `Matcher` (fit, rank, weigh) and `Lexicon` are its public face, `reading` sets it in a conversation."""

from bot.core.understanding.lexicon import Lexicon
from bot.core.understanding.matcher import Matcher, Ranking

__all__ = ["Lexicon", "Matcher", "Ranking"]
