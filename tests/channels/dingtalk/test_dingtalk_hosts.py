"""Replies go to DingTalk's hosts and the configured bases, and nowhere else."""

import pytest

from bot.dingtalk_api.hosts import ReplyHosts

REAL = ReplyHosts("https://api.dingtalk.com", "https://oapi.dingtalk.com")
FAKE = ReplyHosts("http://127.0.0.1:9000", "http://fake_dingtalk:9000/oapi")
TAIL = "/robot/sendBySession?session=5e55101"

HOSTILE = [
    "http://oapi.dingtalk.com" + TAIL,
    "https://evil.test" + TAIL,
    "https://oapi.dingtalk.com:8443" + TAIL,
    "https://oapi.dingtalk.com@evil.test" + TAIL,
    "https://user:word@oapi.dingtalk.com" + TAIL,
    "https://oapi.dingtalk.com.evil.test" + TAIL,
    "https://evil-oapi.dingtalk.com" + TAIL,
    "https://evil.test/oapi.dingtalk.com" + TAIL,
    "https://oapi.dingtalk.com\\@evil.test" + TAIL,
    "https://oapi.dingtalk.com\t.evil.test" + TAIL,
    "https://oapi%2edingtalk.com" + TAIL,
    "https://[::ffff:127.0.0.1]" + TAIL,
    "https://127.0.0.1" + TAIL,
    "https://oapi.dingtalk.com/robot/send?access_token=5e55101",
    "https://oapi.dingtalk.com/x/../robot/sendBySession?session=5e55101",
    "https://oapi.dingtalk.com/robot/sendBySession/../../evil?session=1",
    "https://oapi.dingtalk.com/robot/sendBySession#?session=1",
    "https://oapi.dingtalk.com/robot/sendBySession?session=1#@evil.test",
    "https://oapi.dingtalk.com/robot/sendBySession?session=1\r\nHost: evil.test",
    "https://oapi.dingtalk.com/robot/sendBySession?session=1\n",
    "https://oapi.dingtalk.com/robot/sendBySession",
    "https://oapi．dingtalk．com" + TAIL,
    "https://оapi.dingtalk.com" + TAIL,
    "//oapi.dingtalk.com" + TAIL,
    " https://oapi.dingtalk.com" + TAIL,
    "ftp://oapi.dingtalk.com" + TAIL,
    "https://oapi.dingtalk.com/robot/sendBySession?session=" + "x" * 3000,
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
@pytest.mark.parametrize("hosts", [REAL, FAKE])
def test_hostile_reply_urls_lead_nowhere(url, hosts):
    assert hosts.reply(url) is None


@pytest.mark.parametrize("url", ["https://oapi.dingtalk.com" + TAIL, "https://oapi.dingtalk.com:443" + TAIL, "https://api.dingtalk.com" + TAIL])
def test_dingtalks_own_are_taken(url):
    origin, path = REAL.reply(url)
    assert (origin.tls, origin.port, path) == (True, 443, TAIL)
    assert origin.host in {"oapi.dingtalk.com", "api.dingtalk.com"}


def test_configured_bases_are_taken_exactly():
    assert FAKE.reply("http://127.0.0.1:9000" + TAIL)[0].port == 9000
    assert FAKE.reply("http://fake_dingtalk:9000/oapi" + TAIL)[1] == "/oapi" + TAIL
    for url in (
        "http://fake_dingtalk:9000" + TAIL,
        "http://127.0.0.1:9001" + TAIL,
        "https://127.0.0.1:9000" + TAIL,
        "http://127.0.0.1:9000/oapi" + TAIL,
        "http://127.0.0.1" + TAIL,
    ):
        assert FAKE.reply(url) is None
    assert REAL.reply("http://127.0.0.1:9000" + TAIL) is None


@pytest.mark.parametrize("base", ["", "oapi.dingtalk.com", "ftp://a", "https://a@b", "https://a?b", "https://a/b?c=d", "https://a/..//b ", "https://A"])
def test_odd_bases_are_refused_at_the_start(base):
    with pytest.raises(ValueError, match="base URL"):
        ReplyHosts(base)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("wss://wss-open-connection.dingtalk.com:443/connect", True),
        ("wss://wss-open-connection-union.dingtalk.com/connect", True),
        ("ws://wss-open-connection.dingtalk.com/connect", False),
        ("wss://wss-open-connection.dingtalk.com:8443/connect", False),
        ("wss://evil.test/connect", False),
        ("wss://u:p@wss-open-connection.dingtalk.com/connect", False),
        ("https://wss-open-connection.dingtalk.com/connect", False),
        ("wss://wss-open-connection.dingtalk.com:x/", False),
        ("ws://127.0.0.1:1234/connect", False),
    ],
)
def test_the_gateway_must_be_dingtalks(url, good):
    assert REAL.stream(url) is good


def test_a_stand_ins_gateway_is_taken():
    assert FAKE.stream("ws://127.0.0.1:1234/connect")
    assert not FAKE.stream("ws://127.0.0.2:1234/connect")


def test_group_webhooks():
    assert REAL.webhook("https://oapi.dingtalk.com/robot/send?access_token=abc")[1] == "/robot/send?access_token=abc"
    assert REAL.webhook("https://oapi.dingtalk.com/robot/send?access_token=abc&x=1") is None
    assert REAL.webhook("https://evil.test/robot/send?access_token=abc") is None
