#!/usr/bin/python3
"""Made-up routers behind a TUN device that add ICMP extensions to their errors.

    extender.py DEVICE TTL=FORM:OBJECTS...

Opens the TUN device DEVICE of this network namespace (made beforehand with
"ip tuntap add"), prints "ready", and answers TCP segments with that time to
live by time exceeded, from 203.0.113.TTL or 2001:db8:113::TTL. OBJECTS are
hexadecimal digits; header and checksum are put in front of them. FORM is

    given   the quote has 128 bytes and its length is given (RFC 4884)
    old     the same without the length
    short   the length says 1020 bytes, and there are no objects
"""
import fcntl
import os
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
QUOTE = 128


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def sealed(data, at, pseudo=b""):
    return data[:at] + struct.pack("!H", checksum(pseudo + data)) + data[at + 2:]


def behind_quote(packet, form, objects):
    if form == "short":
        return packet[:80]
    structure = sealed(struct.pack("!BBH", 0x20, 0, 0) + objects, 2)
    return packet[:QUOTE].ljust(QUOTE, b"\0") + structure


def error4(packet, form, objects):
    length = {"given": QUOTE // 4, "old": 0, "short": 255}[form]
    icmp = struct.pack("!BBHBBH", 11, 0, 0, 0, length, 0) + behind_quote(packet, form, objects)
    icmp = sealed(icmp, 2)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0,
                       socket.inet_aton("203.0.113.%d" % packet[8]), packet[12:16])
    return sealed(head, 10) + icmp


def error6(packet, form, objects):
    length = {"given": QUOTE // 8, "old": 0, "short": 255}[form]
    icmp = struct.pack("!BBHBBH", 3, 0, 0, length, 0, 0) + behind_quote(packet, form, objects)
    source = socket.inet_pton(socket.AF_INET6, "2001:db8:113::%x" % packet[7])
    addresses = source + packet[8:24]
    pseudo = addresses + struct.pack("!II", len(icmp), 58)
    return struct.pack("!IHBB", 6 << 28, len(icmp), 58, 64) + addresses + sealed(icmp, 2, pseudo)


def answer(packet, routers):
    six = packet[0] >> 4 == 6
    ttl, protocol = (packet[7], packet[6]) if six else (packet[8], packet[9])
    if protocol != 6 or ttl not in routers:
        return None
    form, objects = routers[ttl]
    return (error6 if six else error4)(packet, form, objects)


def main():
    routers = {}
    for word in sys.argv[2:]:
        ttl, _, rest = word.partition("=")
        form, _, objects = rest.partition(":")
        routers[int(ttl)] = form, bytes.fromhex(objects)
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", sys.argv[1].encode(), IFF_TUN_NO_PI))
    print("ready", flush=True)
    while True:
        reply = answer(os.read(tun, 65535), routers)
        if reply:
            os.write(tun, reply)


main()
