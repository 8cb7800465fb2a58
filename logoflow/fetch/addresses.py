"""Decide which addresses and hosts logoflow may connect to. Nothing here uses the network."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from logoflow.errors import FetchError

_SCHEME_HINT = "only http:// and https:// URLs are fetched; local pictures go to predict"

# The tables follow IANA's special-purpose registries. ipaddress.is_global would not do: it differs
# between patch releases of Python, and it accepts multicast and loopback inside 6to4 or NAT64.
_PRIVATE = {
    "127.0.0.0/8": "loopback",
    "::1/128": "loopback",
    "10.0.0.0/8": "a private network",
    "172.16.0.0/12": "a private network",
    "192.168.0.0/16": "a private network",
    "fc00::/7": "a private network",
}
_FORBIDDEN = {
    "169.254.169.254/32": "a cloud's metadata service",
    "169.254.170.2/32": "a cloud's metadata service",
    "100.100.100.200/32": "a cloud's metadata service",
    "168.63.129.16/32": "a cloud's metadata service",
    "192.0.0.192/32": "a cloud's metadata service",
    "fd00:ec2::/32": "a cloud's metadata service",
    "fd00:c1::a9fe:a9fe/128": "a cloud's metadata service",
    "fd00:42::42/128": "a cloud's metadata service",
    "fd20:ce::254/128": "a cloud's metadata service",
    "0.0.0.0/8": "unspecified",
    "100.64.0.0/10": "a carrier's shared network",
    "169.254.0.0/16": "link-local",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "reserved for documentation",
    "192.88.99.0/24": "reserved, once 6to4 relays",
    "198.18.0.0/15": "reserved for benchmarks",
    "198.51.100.0/24": "reserved for documentation",
    "203.0.113.0/24": "reserved for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved or broadcast",
    "::/128": "unspecified",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
    "2001::/23": "reserved for protocols",
    "2001:db8::/32": "reserved for documentation",
    "3fff::/20": "reserved for documentation",
}
_PRIVATE = {ip_network(network): meaning for network, meaning in _PRIVATE.items()}
_FORBIDDEN = {ip_network(network): meaning for network, meaning in _FORBIDDEN.items()}
_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_IPV6 = ip_network("2000::/3")

_LABEL = r"[a-z0-9_][a-z0-9_-]{0,62}"  # blogs have names that end in a hyphen
_NAME = re.compile(rf"(?:{_LABEL}\.)*({_LABEL})")
# Resolvers treat a name that ends in a number as an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def check_address(ip: str, allow_private: bool = False) -> None:
    """Raise FetchError unless logoflow may connect to an address.

    Only globally reachable addresses are allowed. An IPv4 address inside an IPv6 address (mapped,
    6to4 or NAT64) is extracted and checked. Teredo tunnels are always refused.

    Parameters
    ----------
    ip : str
        IPv4 or IPv6 address in its usual spelling.
    allow_private : bool
        Also allow loopback and private networks. Link-local, metadata, multicast and reserved
        addresses, and private addresses inside 6to4 or NAT64, are refused in any case.

    Raises
    ------
    FetchError
        Of kind ``refused``. The message says what the address is.

    Examples
    --------
    >>> check_address("93.184.216.34")
    >>> check_address("127.0.0.1", allow_private=True)
    """
    reason = refusal_reason(ip, allow_private)
    if reason:
        raise FetchError("refused", str(ip), reason)


def refusal_reason(ip: str, allow_private: bool = False) -> str | None:
    """Say why logoflow may not connect to an address.

    Parameters
    ----------
    ip, allow_private
        See `check_address`.

    Returns
    -------
    str or None
        The reason, or None if the address is allowed.

    Examples
    --------
    >>> refusal_reason("169.254.169.254")
    "a cloud's metadata service address, which is never fetched from"
    """
    try:
        address = ip_address(str(ip))
    except ValueError:
        return "not an address in its usual spelling; write it as 192.0.2.1 or 2001:db8::1"
    if getattr(address, "scope_id", None):
        return "an address with a scope id is never global"
    if address.version == 6 and address.teredo:
        # Checking the address inside is not enough: packets also go to the tunnel's server.
        return f"a Teredo tunnel to {address.teredo[1]}, which is never fetched from"
    embedded = _embedded_ipv4(address)
    if embedded and address.version == 6 and not address.ipv4_mapped:
        # Nobody reaches a server of their own through such a tunnel, so allow_private is ignored.
        reason = refusal_reason(str(embedded))
        return reason and f"carries {embedded}: {reason}"
    return _reason_from_tables(embedded or address, allow_private)


def odd_host(host: str) -> str | None:
    """Say why the host of a URL is ambiguous.

    Programs disagree on the meaning of decimal, octal, hexadecimal, short or percent-encoded
    addresses, of trailing dots and of scope ids.

    Parameters
    ----------
    host : str
        Host of a URL in lower case: a name, an IPv4 address, or an IPv6 address in brackets.

    Returns
    -------
    str or None
        The problem, or None for a plain name or address.

    Examples
    --------
    >>> odd_host("example.com")
    >>> odd_host("0x7f.1")
    'a number where a name or a plain address is expected'
    """
    try:
        address = ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:
        name = _NAME.fullmatch(host)
        if not name or len(host) > 253:
            return "a host name that is not spelled in the usual way"
        if _NUMBER.fullmatch(name[1]):
            return "a number where a name or a plain address is expected"
        return None
    return "an address with a scope id" if getattr(address, "scope_id", None) else None


def _embedded_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Extract the IPv4 address that an IPv6 address stands for, if there is one."""
    if address.version == 4:
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _reason_from_tables(address: IPv4Address | IPv6Address, allow_private: bool) -> str | None:
    """Look an address up in the tables of networks; see `refusal_reason`."""
    for network, meaning in _FORBIDDEN.items():
        if address in network:
            return f"{meaning} address, which is never fetched from"
    for network, meaning in _PRIVATE.items():
        if address in network:
            hint = "allow_private=True permits it where you trust the URL"
            return None if allow_private else f"the address is {meaning}; {hint}"
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return "not a globally reachable address"
    return None


def parse_http_url(url: str) -> Url:
    """Split a URL into its parts, which are then used to connect.

    Parameters
    ----------
    url : str
        The URL.

    Returns
    -------
    urllib3.util.Url

    Raises
    ------
    FetchError
        Of kind ``refused``, if the scheme is not http or https, or if programs disagree on the
        meaning of the spelling.

    Examples
    --------
    >>> parse_http_url("https://example.com:8443/logo.png").port
    8443
    """
    try:
        parsed = parse_url(url)
    except (ValueError, HTTPError):
        raise FetchError("refused", url, f"not spelled like a URL; {_SCHEME_HINT}") from None
    if parsed.scheme not in ("http", "https"):
        raise FetchError("refused", url, _SCHEME_HINT)
    if parsed.auth is not None:
        raise FetchError("refused", url, "a URL with a user name or password; leave them out")
    if parsed.port == 0:
        raise FetchError("refused", url, "port 0, where no server can answer; leave the port out")
    if any(character < " " or character in "\x7f\\" for character in url):
        hint = "a backslash or control character in the URL; percent-encode it"
        raise FetchError("refused", url, hint)
    # parse_url decodes a percent-encoded host, so the spelling is checked in the URL itself.
    authority = re.split("[/?#]", url.split("//", 1)[-1], maxsplit=1)[0]
    host = (parsed.host or "").lower()
    problem = "a percent-encoded host" if "%" in authority else odd_host(host)
    if problem:
        raise FetchError("refused", url, f"{problem}; give the host's plain name")
    return parsed
