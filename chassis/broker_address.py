"""The broker's URL: `amqp://user:password@host[:port][,host[:port]…]/vhost`, with TLS `amqps://…[?cacertfile=FILE]`.

Several hosts are the nodes of one cluster. Without `cacertfile` the certificate must come from an
authority that the machine trusts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

PORT, TLS_PORT = 5672, 5671


@dataclass(frozen=True)
class BrokerAddress:
    hosts: tuple[tuple[str, int], ...]
    user: str
    password: str = field(repr=False)
    vhost: str
    tls: bool
    authority: str | None


def read_address(url: str) -> BrokerAddress:
    """Read the URL. Raises ValueError with a text that does not hold the password."""
    parts = urlsplit(url)
    if parts.scheme not in ("amqp", "amqps"):
        raise ValueError("it must begin with amqp:// or amqps://")
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    tls = parts.scheme == "amqps"
    return BrokerAddress(
        hosts=tuple(_host(one, TLS_PORT if tls else PORT) for one in hosts.split(",")),
        user=unquote(user) or "guest",
        password=unquote(password) or "guest",
        vhost=unquote(parts.path[1:]) or "/",
        tls=tls,
        authority=parse_qs(parts.query).get("cacertfile", [None])[0],
    )


def at_hosts(url: str, hosts: str) -> str:
    """The URL with other hosts, `host[:port],…`. Raises ValueError."""
    named = [one.strip() for one in hosts.split(",")]
    for one in named:
        _host(one, PORT)
    parts = urlsplit(url)
    credentials, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{credentials}{at}{','.join(named)}"))


def with_authority(url: str, file: str) -> str:
    """Return the URL with TLS, trusting only the authority in `file`; the plain port becomes the TLS port."""
    address = read_address(url)
    hosts = ",".join(_written(host, TLS_PORT if port == PORT else port) for host, port in address.hosts)
    parts = urlsplit(at_hosts(url, hosts))
    return urlunsplit(parts._replace(scheme="amqps", query=f"cacertfile={quote(file)}"))


def describe(url: str) -> str:
    """The addresses, without user and password."""
    return ", ".join(_written(*host) for host in read_address(url).hosts)


def _host(text: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no host or host:port") from None
    if not host or port == 0 or "@" in text or parts.netloc != text:
        raise ValueError(f"{text[:60]!r} is no host or host:port")
    return host, port or default


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
