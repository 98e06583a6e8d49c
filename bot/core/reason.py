"""Why decisions are as they are."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a decision is as it is: picks the reply and the audit line."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"
    SMALL_TALK = "small_talk"
    MOVED_PRIVATE = "moved_private"
    NOT_YET = "not_yet"
    DENIED = "denied"
    OUTSIDER = "outsider"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_ADDRESSED = "not_addressed"
    STALE_OPTION = "stale_option"
    SAVED = "saved"
    ASKED_VALUE = "asked_value"
    INVALID_VALUE = "invalid_value"
    EXPLAINED = "explained"
    RELOADED = "reloaded"
    HANDED_OVER = "handed_over"
    NOTED = "noted"
    IGNORED = "ignored"
    FLOODED = "flooded"
    FAILED = "failed"
    HELPED = "helped"
    REMINDED = "reminded"
    HELD_BACK = "held_back"
    REPORTED = "reported"
    WARNED = "warned"
