"""A chat in the terminal: one person, one private chat with the bot."""

from bot.channels.console.channel import ConsoleChannel

__all__ = ["ConsoleChannel"]
