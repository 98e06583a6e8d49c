"""Usher (小引): a rule-based helper that lives in enterprise group chats. Rooms import only lower floors; see docs/architecture.md."""

__version__ = "0.1.0"
