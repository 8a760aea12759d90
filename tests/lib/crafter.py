#!/usr/bin/python3
"""Three hops behind a TUN device, of which the second answers as no real router does.

    crafter.py DEVICE

Hops 1 and 3 are sound: time exceeded from the router 203.0.113.1 (2001:db8:113::1),
SYN/ACK from the destination. What the second one, 203.0.113.2 (2001:db8:113::2), sends
is chosen by the destination: 192.0.2.N or 2001:db8:80::N, N being the number of a
variant. "crafter.py --list" prints the numbers and names.
"""
import fcntl
import os
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def put16(data, at, value):
    return data[:at] + struct.pack("!H", value) + data[at + 2:]


class Probe:
    """What came out of the device."""

    def __init__(self, packet):
        self.packet = packet
        self.six = packet[0] >> 4 == 6
        self.head = 40 if self.six else (packet[0] & 15) * 4
        self.protocol = packet[6] if self.six else packet[9]
        self.ttl = packet[7] if self.six else packet[8]
        self.source = packet[8:24] if self.six else packet[12:16]
        self.target = packet[24:40] if self.six else packet[16:20]
        self.number = self.target[-1]
        self.tcp = packet[self.head:]

    first_flows = {}

    def is_first_flow(self):
        return Probe.first_flows.setdefault(self.target, self.tcp[:2]) == self.tcp[:2]

    def router(self, last):
        name = "2001:db8:113::%x" % last if self.six else "203.0.113.%d" % last
        return socket.inet_pton(socket.AF_INET6 if self.six else socket.AF_INET, name)


# --- what is sent, each part with what can be wrong about it -----------------

def ip(p, protocol, payload, source=None, target=None, options=b"", ihl=None, total=None,
       fragment=0, header_sum=None, ttl=64):
    source = source or p.router(2)
    target = target or p.source
    if p.six:
        length = len(payload) if total is None else total
        return struct.pack("!IHBB", 6 << 28, length, protocol, ttl) + source + target + payload
    words = 5 + len(options) // 4
    length = words * 4 + len(payload) if total is None else total
    head = struct.pack("!BBHHHBBH", 0x40 | (words if ihl is None else ihl), 0, length, 0x77,
                       fragment, ttl, protocol, 0) + source + target + options
    return put16(head, 10, checksum(head) if header_sum is None else header_sum) + payload


def error(p, kind=None, code=0, rest=b"\0\0\0\0", quote=None, icmp_sum=None, behind=b"",
          pad=0, **outer):
    quote = p.packet if quote is None else quote
    if pad:
        quote = quote[:pad].ljust(pad, b"\0")
    kind = (3 if p.six else 11) if kind is None else kind
    body = bytes([kind, code, 0, 0]) + rest + quote + behind
    total = body
    if p.six:
        source = outer.get("source") or p.router(2)
        total = source + p.source + struct.pack("!II", len(body), 58) + body
    body = put16(body, 2, checksum(total) if icmp_sum is None else icmp_sum)
    return ip(p, 58 if p.six else 1, body, **outer)


def extension(objects, version=2, wrong=0):
    data = bytes([version << 4, 0, 0, 0]) + objects
    return put16(data, 2, checksum(data) ^ wrong)


def extended(p, area):
    rest = b"\x10\0\0\0" if p.six else b"\0\x20\0\0"
    return error(p, rest=rest, pad=128, behind=area)


def segment(p, flags, options=b"", data=b"", offset=None, ack=1, port=0, **outer):
    source_port, target_port, sequence = struct.unpack_from("!HHI", p.tcp)
    words = 5 + len(options) // 4 if offset is None else offset
    tcp = struct.pack("!HHIIBBHHH", target_port, source_port ^ port, 0x12345678,
                      (sequence + ack) & 0xFFFFFFFF if flags & 0x10 else 0,
                      words << 4, flags, 65535, 0, 0) + options + data
    source = outer.setdefault("source", p.target)
    if p.six:
        pseudo = source + p.source + struct.pack("!II", len(tcp), 6)
    else:
        pseudo = source + p.source + struct.pack("!BBH", 0, 6, len(tcp))
    return ip(p, 6, put16(tcp, 16, checksum(pseudo + tcp)), **outer)


def patched(p, at, data):
    """The probe with other bytes, as a quote."""
    return p.packet[:at] + data + p.packet[at + len(data):]


def chain(p, count):
    """A quote with so many destination options in front of TCP (IPv6)."""
    headers = b"".join(bytes([60 if i + 1 < count else 6, 0, 1, 4, 0, 0, 0, 0])
                       for i in range(count))
    return p.packet[:6] + b"\x3c" + p.packet[7:40] + headers + p.tcp


def quoted_options(p, words):
    return bytes([0x40 | words]) + p.packet[1:20] + b"\1" * ((words - 5) * 4) + p.tcp


def v4(text):
    return socket.inet_aton(text)


def v6(text):
    return socket.inet_pton(socket.AF_INET6, text)


MPLS = bytes.fromhex("0008010103e84101")
LABELS = struct.pack("!HBB", 4 + 4 * 12, 1, 1) + bytes.fromhex("03e84001") * 12
UNKNOWN = bytes.fromhex("0008090100000000")
NAME = b"\x40" + b"\x1b[31m" + b"n" * 58
INTERFACE = struct.pack("!HBB", 4 + len(NAME), 2, 2) + NAME

VARIANTS = [
    ("sound", lambda p: [error(p)]),
    ("P3", lambda p: [segment(p, 0x04)] if p.is_first_flow() else []),
    ("P4", lambda p: [segment(p, 0x14, ack=0)]),
    ("P5", lambda p: [segment(p, 0x12, port=1)]),
    ("P7", lambda p: [error(p, quote=patched(p, 24 if p.six else 16, p.router(9)))]),
    ("P8 quote of 0 bytes of TCP", lambda p: [error(p, quote=p.packet[:p.head])]),
    ("P8 quote of 1 byte of TCP", lambda p: [error(p, quote=p.packet[:p.head + 1])]),
    ("P8 quote of 7 bytes, IP ID rewritten",
     lambda p: [error(p, quote=patched(p, 4, b"\0\0")[:p.head + 7])]),
    ("P9", lambda p: [error(p, quote=p.packet[:p.head + 8])]),
    ("P10 quote of 28 bytes", lambda p: [error(p, quote=p.packet[:p.head + 28])]),
    ("P10 quote of 1200 bytes", lambda p: [error(p, quote=p.packet.ljust(1200, b"\0"))]),
    ("P11 header length 0", lambda p: [error(p, ihl=0)]),
    ("P11 header length 1", lambda p: [error(p, ihl=1)]),
    ("P11 header length 4", lambda p: [error(p, ihl=4)]),
    ("P11 total length 0", lambda p: [error(p, total=0)]),
    ("P11 total length beyond", lambda p: [error(p, total=1500)]),
    ("P11 fragment offset", lambda p: [error(p, fragment=0x0001)]),
    ("P11 more fragments", lambda p: [error(p, fragment=0x2000)]),
    ("P12 router alert", lambda p: [error(p, options=b"\x94\x04\0\0")]),
    ("P12 40 bytes of options", lambda p: [error(p, options=b"\1" * 40)]),
    ("P13 quoted header length 0", lambda p: [error(p, quote=patched(p, 0, b"\x40"))]),
    ("P13 quoted header length 4", lambda p: [error(p, quote=patched(p, 0, b"\x44"))]),
    ("P13 quoted header length 6", lambda p: [error(p, quote=quoted_options(p, 6))]),
    ("P13 quoted header length 15", lambda p: [error(p, quote=quoted_options(p, 15))]),
    ("P14", lambda p: [error(p, quote=patched(p, 0, b"\x45" if p.six else b"\x60"))]),
    ("P15", lambda p: [error(p, icmp_sum=0x1234)]),
    ("P16", lambda p: [error(p, header_sum=0x1234)]),
    ("P17 type 3 code 13", lambda p: [error(p, 3, 13)]),
    ("P17 type 3 code 200", lambda p: [error(p, 3, 200)]),
    ("P17 type 3 code 3", lambda p: [error(p, 3, 3)]),
    ("P18 code 1", lambda p: [error(p, code=1)]),
    ("P18 code 77", lambda p: [error(p, code=77)]),
    ("P19 type 12", lambda p: [error(p, 12)]),
    ("P19 type 4", lambda p: [error(p, 4)]),
    ("P19 type 5", lambda p: [error(p, 5, 1, p.router(9))]),
    ("P20 MTU 0", lambda p: [error(p, 3, 4)]),
    ("P20 MTU 600", lambda p: [error(p, 3, 4, b"\0\0\2\x58")]),
    ("P20 MTU 65535", lambda p: [error(p, 3, 4, b"\0\0\xff\xff")]),
    ("P21", lambda p: [error(p, rest=b"\0\xff\0\0")]),
    ("P22 version 1", lambda p: [extended(p, extension(MPLS, version=1))]),
    ("P22 version 3", lambda p: [extended(p, extension(MPLS, version=3))]),
    ("P22 checksum", lambda p: [extended(p, extension(MPLS, wrong=1))]),
    ("P23 object length 0", lambda p: [extended(p, extension(b"\0\0\1\1\0\0\0\0"))]),
    ("P23 object length 3", lambda p: [extended(p, extension(b"\0\3\1\1\0\0\0\0"))]),
    ("P23 object length 65535", lambda p: [extended(p, extension(b"\xff\xff\1\1\0\0\0\0"))]),
    ("P24", lambda p: [extended(p, extension(LABELS))]),
    ("P25", lambda p: [extended(p, extension(b"\0\x08\1\1\x03\xe8\x40\x01"))]),
    ("P26", lambda p: [extended(p, extension(UNKNOWN * 8))]),
    ("P27", lambda p: [error(p, pad=128, behind=extension(MPLS))]),
    ("P28", lambda p: [extended(p, extension(INTERFACE))]),
    ("P29 8 headers", lambda p: [error(p, quote=chain(p, 8))]),
    ("P29 30 headers", lambda p: [error(p, quote=chain(p, 30))]),
    ("P31 source 127.0.0.1", lambda p: [error(p, source=v4("127.0.0.1"))]),
    ("P31 source 0.0.0.0", lambda p: [error(p, source=v4("0.0.0.0"))]),
    ("P31 source 224.0.0.5", lambda p: [error(p, source=v4("224.0.0.5"))]),
    ("P31 own address", lambda p: [error(p, source=p.source)]),
    ("P31 source ::1", lambda p: [error(p, source=v6("::1"))]),
    ("P31 source ff02::5", lambda p: [error(p, source=v6("ff02::5"))]),
    ("P32", lambda p: [error(p, source=p.target)]),
    ("P33 twice", lambda p: [error(p)] * 2),
    ("P33 a thousand times", lambda p: [error(p)] * 1000),
    ("P34", lambda p: [error(p), error(p, source=p.router(3))]),
    ("P37 option length 0", lambda p: [segment(p, 0x12, options=b"\x08\0" + b"\2" * 38)]),
    ("P37 option length 255", lambda p: [segment(p, 0x12, options=b"\x08\xff" + b"\2" * 38)]),
    ("P38", lambda p: [segment(p, 0x12, data=b"x" * 1400)]),
    ("P39 data offset 0", lambda p: [segment(p, 0x12, offset=0)]),
    ("P39 data offset 4", lambda p: [segment(p, 0x12, offset=4)]),
    ("P39 data offset beyond", lambda p: [segment(p, 0x12, offset=15)]),
    ("P43", lambda p: [error(p, total=0)]),
    ("P44 echo", lambda p: [error(p, 128 if p.six else 8)] * 1000),
    ("P44 echo reply", lambda p: [error(p, 129 if p.six else 0)] * 1000),
    ("P30 hop limit 255", lambda p: [error(p, ttl=255)]),
]


def echo(probe):
    """A timestamp option that names the probe: its own is in front of the window scale."""
    at = probe.tcp.find(b"\x08\x0a")
    value = probe.tcp[at + 2:at + 6] if at > 0 else b"\0\0\0\0"
    return b"\x01\x01\x08\x0a\0\0\0\1" + value


def answer(probe):
    if probe.ttl == 1:
        return [error(probe, source=probe.router(1))]
    if probe.ttl == 2 and probe.number <= len(VARIANTS):
        return VARIANTS[probe.number - 1][1](probe)
    return [segment(probe, 0x12, options=echo(probe))]


def main():
    if sys.argv[1] == "--list":
        for number, (name, _) in enumerate(VARIANTS, 1):
            print(number, name)
        return
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", sys.argv[1].encode(), IFF_TUN_NO_PI))
    print("ready", flush=True)
    while True:
        probe = Probe(os.read(tun, 65536))
        if probe.protocol != socket.IPPROTO_TCP or probe.tcp[13] & 0x04:
            continue
        for packet in answer(probe):
            os.write(tun, packet)


main()
