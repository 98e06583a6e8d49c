"""Runs one stand-in until it is stopped: `python -m bot.fake_finance yonbip 8190` (webhook, yonbip, k3cloud or cosmic)."""

from __future__ import annotations

import asyncio
import sys

from bot.fake_finance import cosmic, k3cloud, webhook, yonbip
from bot.fake_finance.stand import Stand

STANDS: dict[str, tuple[type[Stand], dict[str, str]]] = {
    "webhook": (webhook.FakeWebhook, {"secret": webhook.SECRET}),
    "yonbip": (yonbip.FakeYonBip, {"tenant": yonbip.TENANT, "app_key": yonbip.KEY, "app_secret": yonbip.SECRET}),
    "k3cloud": (k3cloud.FakeK3Cloud, {"acct_id": k3cloud.ACCT, "user": k3cloud.USER, "app_id": k3cloud.APP_ID, "app_secret": k3cloud.SECRET}),
    "cosmic": (cosmic.FakeCosmic, {"client_id": cosmic.CLIENT, "client_secret": cosmic.SECRET, "username": cosmic.PROXY, "account_id": cosmic.ACCOUNT}),
}
"""Each stand-in, and the settings that open it; they are played and open nothing else."""


async def serve(name: str, port: int) -> None:
    """Serves until cancelled; says first where and with which settings."""
    made, opens = STANDS[name]
    stand = await made().start(port)
    try:
        sys.stdout.write("\n".join((f'base_url = "{stand.base_url}"', *(f'{key} = "{value}"' for key, value in opens.items()))) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        await stand.stop()


def main(words: list[str]) -> int:
    """The program: a name and a port."""
    if not words or words[0] not in STANDS or not all(word.isdigit() for word in words[1:2]):
        sys.stderr.write(f"usage: python -m bot.fake_finance {{{','.join(STANDS)}}} [port]\n")
        return 2
    try:
        asyncio.run(serve(words[0], int(words[1]) if len(words) > 1 else 0))
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
