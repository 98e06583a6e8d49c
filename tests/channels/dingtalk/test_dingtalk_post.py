"""The lean HTTP client against real sockets: keep-alive, every kind of answer, every kind of failure and what is known after it."""

import asyncio
import contextlib

import pytest
from dingtalk_raw import OK, Raw
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.deadline import steady, until
from bot.dingtalk_api.answer import MAX_ANSWER, Garbled, read_answer
from bot.dingtalk_api.post import Origin, Poster, Unanswered, Unsent


@pytest.fixture
async def poster():
    made = Poster(seconds=0.4, connect_seconds=1.0, limit=4)
    yield made
    await made.close()


async def test_a_connection_is_used_again(poster):
    async with Raw() as server:
        for _ in range(5):
            answer = await poster.post(server.origin, "/a?b=c", b'{"x":1}', (("x-token", "t"),))
            assert (answer.status, answer.body) == (200, b"{}")
        assert server.lines == 1
        assert server.requests[0].startswith(b"POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"\r\nx-token: t\r\n" in server.requests[0]
        assert server.requests[0].endswith(b'\r\n\r\n{"x":1}')


async def test_parallel_posts_share_a_bounded_number_of_connections(poster):
    async with Raw() as server:
        answers = await asyncio.gather(*(poster.post(server.origin, "/", b"x") for _ in range(40)))
        assert len(answers) == 40
        assert server.lines <= 4


async def test_nothing_leaves_after_its_time_and_no_answer_is_waited_for_beyond_it(poster):
    async with Raw() as server:
        with until(steady() - 0.001), pytest.raises(Unsent):
            await poster.post(server.origin, "/", b"x")
        assert server.requests == []
    async with Raw(None) as silent:
        with until(steady() + 0.05), pytest.raises(Unanswered):
            await asyncio.wait_for(poster.post(silent.origin, "/", b"x"), 0.3)
        assert len(silent.requests) == 1


@pytest.mark.parametrize(
    ("said", "body", "lines"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde", 1),
        ([b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 5\r\n\r", b"\nab", b"cde"], b"abcde", 1),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", 1),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", 1),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b"", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", b"x", 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", 2),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil EOF", b"until EOF", 2),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny", b"x", 2),
    ],
)
async def test_answers_of_every_kind(poster, said, body, lines):
    async with Raw(said) as server:
        assert (await poster.post(server.origin, "/", b"x")).body == body
        assert (await poster.post(server.origin, "/", b"x")).body == b"{}"
        assert server.lines == lines


@pytest.mark.parametrize(
    "said",
    [
        b"",
        None,
        b"HTTP/2 200 OK\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_ANSWER + 1) + b"EOF",
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 20_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 400_000,
        b"HTTP/1.1 100 Go\r\n\r\n" * 9000,
    ],
)
async def test_after_a_written_request_everything_odd_is_unknown(poster, said):
    async with Raw(said) as server:
        with pytest.raises(Unanswered):
            await poster.post(server.origin, "/", b"x")
        assert len(server.requests) == 1
        assert (await poster.post(server.origin, "/", b"x")).status == 200


async def test_no_connection_is_known_as_unsent(poster):
    async with Raw() as server:
        origin = server.origin
    with pytest.raises(Unsent):
        await poster.post(origin, "/", b"x")
    with pytest.raises(Unsent):
        await poster.post(Origin(False, "no-such-host.invalid", 80), "/", b"x")


async def test_a_request_that_never_left_whole_is_known_as_unsent(poster):
    done = asyncio.Event()

    async def deaf(reader, writer):
        await done.wait()
        writer.transport.abort()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    origin = Origin(False, "127.0.0.1", server.sockets[0].getsockname()[1])
    with pytest.raises(Unsent):
        await poster.post(origin, "/", b"x" * 30_000_000)
    done.set()
    server.close()
    await asyncio.sleep(0.02)


async def test_a_connection_the_server_closed_while_idle_is_not_written_to(poster):
    async with Raw() as server:
        await poster.post(server.origin, "/", b"x")
        server.writers[0].close()
        await asyncio.sleep(0.05)
        assert (await poster.post(server.origin, "/", b"x")).status == 200
        assert server.lines == 2


async def test_a_connection_that_speaks_unasked_is_dropped(poster):
    async with Raw() as server:
        await poster.post(server.origin, "/", b"x")
        server.writers[0].write(OK)
        await asyncio.sleep(0.05)
        assert (await poster.post(server.origin, "/", b"y")).body == b"{}"
        assert server.lines == 2


async def test_a_cancelled_post_takes_its_connection_with_it(poster):
    async with Raw(None) as server:
        task = asyncio.create_task(poster.post(server.origin, "/", b"x"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await poster.post(server.origin, "/", b"x")).status == 200
        assert server.lines == 2


async def test_redirects_are_not_followed(poster):
    async with Raw() as trap, Raw(f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{trap.port}/\r\nContent-Length: 0\r\n\r\n".encode()) as server:
        assert (await poster.post(server.origin, "/", b"x")).header("Location").startswith("http://127.0.0.1")
        assert trap.lines == 0


@pytest.mark.parametrize("path", ["", "a", "/a b", "/a\r\nX: y", "/ä", "/a\tb", "/\x00"])
async def test_paths_cannot_break_out(poster, path):
    with pytest.raises(ValueError, match="request path"):
        await poster.post(Origin(False, "127.0.0.1", 1), path, b"x")


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\nb", "a\rb"])
async def test_headers_cannot_break_out(poster, value):
    with pytest.raises(ValueError, match="header value"):
        await poster.post(Origin(False, "127.0.0.1", 1), "/", b"x", (("x", value),))


@pytest.mark.parametrize("url", ["ftp://a", "a", "http://", "http://u@a", "https://a:99999"])
def test_only_web_urls_have_an_origin(url):
    with pytest.raises(ValueError, match=r".+"):
        Origin.of(url)


def test_origins():
    assert Origin.of("https://a/x") == Origin(True, "a", 443)
    assert Origin.of("http://[::1]:80").netloc == "[::1]"
    assert Origin.of("http://a:81").netloc == "a:81"


@settings(deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read_or_refused(data, eof):
    for head in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"):
        with contextlib.suppress(Garbled):
            read_answer(head + data, eof=eof)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
def test_chunks_come_out_as_they_went_in(chunks):
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    for cut in range(len(wire)):
        assert read_answer(wire[:cut], eof=False) is None
    answer, keep = read_answer(wire, eof=False)
    assert (answer.body, keep) == (b"".join(chunks), True)
