"""Which URLs replies may be posted to: a closed grammar, so that nothing a body claims can send us elsewhere (reliability T14)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.dingtalk_api.post import Origin

REPLY_HOSTS = ("oapi.dingtalk.com", "api.dingtalk.com")
STREAM_HOSTS = ("wss-open-connection.dingtalk.com", "wss-open-connection-union.dingtalk.com")
_BASE = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._-]+)*", re.ASCII)


class ReplyHosts:
    """The allow-list of one configuration: DingTalk's hosts over https, and the two configured bases exactly as they are written."""

    def __init__(self, *bases: str) -> None:
        for base in bases:
            if not _BASE.fullmatch(base.rstrip("/")):
                raise ValueError("a base URL must be http(s)://host[:port][/path]")
        found = [re.escape(f"https://{host}") + "(?::443)?" for host in REPLY_HOSTS] + [re.escape(base.rstrip("/")) for base in bases]
        self._sessions = re.compile(rf"({'|'.join(found)})(/robot/sendBySession\?[A-Za-z0-9_.~%=&+-]{{1,2000}})", re.ASCII)
        self._webhooks = re.compile(rf"({'|'.join(found)})(/robot/send\?access_token=[A-Za-z0-9_-]{{1,200}})", re.ASCII)
        self._origins: dict[str, tuple[Origin, str]] = {}
        self._bases = bases

    def reply(self, url: str) -> tuple[Origin, str] | None:
        """Where a session webhook leads (origin; path and query), or None when replies must not go there."""
        return self._place(self._sessions.fullmatch(url))

    def webhook(self, url: str) -> tuple[Origin, str] | None:
        """Where a group webhook leads, or None when it is not one of DingTalk's."""
        return self._place(self._webhooks.fullmatch(url))

    def _place(self, match: re.Match[str] | None) -> tuple[Origin, str] | None:
        if match is None:
            return None
        start = match.group(1)
        known = self._origins.get(start)
        if known is None:  # at most two entries an alternative of the grammar
            known = self._origins[start] = (Origin.of(start), urlsplit(start).path)
        return known[0], known[1] + match.group(2)

    def stream(self, url: str) -> bool:
        """Whether a Stream gateway may be connected to: DingTalk's over wss, or the host of a configured base."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or parts.scheme not in {"ws", "wss"}:
            return False
        if parts.scheme == "wss" and parts.hostname in STREAM_HOSTS and port in {None, 443}:
            return True
        return any(parts.hostname == base.hostname and (parts.scheme == "wss" or base.scheme == "http") for base in map(urlsplit, self._bases))
