"""The lean HTTP client over TLS and through a proxy."""

import asyncio
import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from dingtalk_raw import Raw

from bot.dingtalk_api.post import Poster, Unsent


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """A server's TLS context and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


async def test_tls(contexts):
    server_side, client_side = contexts
    poster = Poster(tls=client_side)
    async with Raw(tls=server_side) as server:
        for _ in range(3):
            assert (await poster.post(server.origin, "/", b"x")).status == 200
        assert server.lines == 1
        await poster.close()


async def test_a_certificate_nobody_vouches_for_is_refused(contexts):
    poster = Poster()
    async with Raw(tls=contexts[0]) as server:
        with pytest.raises(Unsent):
            await poster.post(server.origin, "/", b"x")
        assert server.requests == []
    await poster.close()


class Proxy:
    """A CONNECT proxy; `answer` is what it says instead of letting through."""

    def __init__(self, answer=b""):
        self.answer = answer
        self.heads = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://name:pass%40word@127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.tasks = []
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.sleep(0.01)

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if self.answer:
            writer.write(self.answer)
            writer.close()
            return
        host, port = head.split(b" ")[1].decode().split(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.tasks += [asyncio.create_task(self.pipe(*ends)) for ends in ((reader, far_writer), (far_reader, writer))]

    async def pipe(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()


async def test_a_proxy_is_passed_through_for_https(contexts):
    async with Proxy() as proxy, Raw(tls=contexts[0]) as server, Raw() as plain:
        poster = Poster(tls=contexts[1], proxy=proxy.url)
        for _ in range(2):
            assert (await poster.post(server.origin, "/", b"x")).status == 200
        assert (await poster.post(plain.origin, "/", b"x")).status == 200
        assert len(proxy.heads) == 1
        assert b"Proxy-Authorization: Basic bmFtZTpwYXNzQHdvcmQ=\r\n" in proxy.heads[0]
        await poster.close()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Auth\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nmore", b"x" * 20_000, b"<html>\r\n\r\n"])
async def test_a_proxy_that_refuses_means_unsent(contexts, answer):
    async with Proxy(answer) as proxy, Raw(tls=contexts[0]) as server:
        poster = Poster(tls=contexts[1], proxy=proxy.url)
        with pytest.raises(Unsent) as fault:
            await poster.post(server.origin, "/", b"x")
        assert "word" not in str(fault.value)
        assert server.lines == 0
        await poster.close()
