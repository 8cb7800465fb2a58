"""Which addresses and hosts are allowed, category by category."""

import random
from ipaddress import IPv4Address, IPv6Address

import pytest
from address_lists import NEVER, PRIVATE

from logoflow.errors import FetchError
from logoflow.fetch.addresses import check_address, odd_host, refusal_reason

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",  # just below the carriers' 100.64/10
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "198.17.255.255",
    "223.255.255.255",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",  # IPv4-mapped
    "64:ff9b::808:808",  # NAT64, how IPv6-only networks reach 8.8.8.8
    "2002:808:808::1",  # 6to4
]


@pytest.mark.parametrize("ip", PUBLIC)
def test_globally_reachable_addresses_pass(ip):
    check_address(ip)
    check_address(ip, allow_private=True)


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_pass_only_when_allowed(ip):
    with pytest.raises(FetchError, match="allow_private=True") as caught:
        check_address(ip)
    assert caught.value.kind == "refused"
    assert caught.value.url == ip
    check_address(ip, allow_private=True)


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize(("meaning", "ip"), [(m, ip) for m, ips in NEVER.items() for ip in ips])
def test_other_addresses_never_pass(meaning, ip, allow_private):
    with pytest.raises(FetchError, match=meaning) as caught:
        check_address(ip, allow_private=allow_private)
    assert caught.value.kind == "refused"


def test_a_teredo_tunnel_is_refused_and_its_message_names_the_address_inside():
    with pytest.raises(FetchError, match=r"Teredo tunnel to 127\.0\.0\.1"):
        check_address("2001:0:808:808::80ff:fffe", allow_private=True)


ODD_ADDRESSES = [
    "",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.1",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "127.0.0.01",
    "127.0.0.1.",
    " 127.0.0.1",
    "127.0.0.1\n",
    "%31%32%37.0.0.1",
    "１２７.0.0.1",
    "8.8.8.8:80",
    "8.8.8.8/32",
    "[::1]",
    "fe80::1%eth0",
    "2606:2800:220::1%1",
    "localhost",
    "example.com",
]


@pytest.mark.parametrize("ip", ODD_ADDRESSES)
def test_odd_spellings_never_pass(ip):
    with pytest.raises(FetchError, match="spelling|scope id"):
        check_address(ip, allow_private=True)


def test_integers_are_not_addresses():
    with pytest.raises(FetchError, match="usual spelling"):
        check_address(2130706433, allow_private=True)


def test_allowed_addresses_are_global_for_the_standard_library_too():
    rng = random.Random(0)
    passed = 0
    for _ in range(3000):
        # Few bits set or all alike: such addresses fall into special networks more often.
        value = rng.getrandbits(128) & rng.getrandbits(128) if rng.random() < 0.5 else 0
        first = rng.choice([0x2000, 0x2001, 0x2002, 0x3FFF, 0x0064, 0xFC00, rng.getrandbits(16)])
        for address in (IPv6Address(value % 2**112 | first << 112), IPv4Address(value % 2**32)):
            if refusal_reason(str(address)) is None:
                passed += 1
                # Python 3.13 calls no 6to4 address global; what counts is the address inside.
                judged = getattr(address, "sixtofour", None) or address
                assert judged.is_global
                assert not judged.is_multicast
    assert passed > 100


@pytest.mark.parametrize(
    "host",
    ["example.com", "a", "localhost", "my_host.example", "xn--bcher-kva.example", "3com.com"]
    + ["93.184.216.34", "[2606:2800:220::1]", "a-b.c-d.museum", "1.2.3.example"]
    + ["my-blog-.example.com"],
)
def test_plain_hosts_are_allowed(host):
    assert odd_host(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "example.com.",
        "127.0.0.1.",
        "a..b",
        "-a.com",
        "a b",
        "a%2eb",
        "a/b",
        "é.fr",
    ]
    + ["2130706433", "127.1", "0x7f.1", "0x7f000001", "0177.0.0.1", "1.2.3.4.5", "foo.0x", "a.7"]
    + ["[fe80::1%25eth0]", "[::1%1]", "[v1.a]", "[::1", "a" * 64, "a." * 127 + "com", "a\n"],
)
def test_odd_hosts_have_a_reason(host):
    assert odd_host(host)
