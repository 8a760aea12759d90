#!/usr/bin/python3
"""Made-up destinations behind a TUN device, for answers no real host gives.

    responder.py DEVICE ADDRESS=ANSWER[,ANSWER...]...

Opens the TUN device DEVICE of this network namespace (made beforehand with
"ip tuntap add"), prints "ready" and answers TCP segments sent to ADDRESS.

An ANSWER is
    0 .. 255        ICMP destination unreachable with that code, from ADDRESS
    CODE@ROUTER     the same, from ROUTER
    open closed ecn ack pshack none   a TCP segment with those flags
    -               nothing

One answer: every segment gets it. Several: the segments of the first source
port get the first one, those of the second port the second one and so on, and
further ports nothing. A UDP packet to ADDRESS begins anew.
"""
import fcntl
import os
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000

RESET = 0x04
FLAGS = {
    "open": 0x12,
    "closed": 0x14,
    "ecn": 0x52,
    "ack": 0x10,
    "pshack": 0x18,
    "none": 0x00,
}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, destination, protocol, payload):
    head = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0,
        source, destination)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def unreachable(packet, source, code):
    body = struct.pack("!BBHI", 3, code, 0, 0) + packet[:548]
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    return ipv4(source, packet[12:16], 1, body)


def segment(packet, header_length, flags):
    source_port, port, sequence = struct.unpack_from("!HHI", packet, header_length)
    source, destination = packet[16:20], packet[12:16]
    acknowledged = (sequence + 1) & 0xFFFFFFFF if flags & 0x10 else 0
    tcp = struct.pack("!HHIIBBHHH", port, source_port, 0x1234, acknowledged,
                      0x50, flags, 1024, 0, 0)
    pseudo = source + destination + struct.pack("!BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    return ipv4(source, destination, 6, tcp)


def parse_answer(text):
    if text == "-" or text in FLAGS:
        return text, None
    code, _, router = text.partition("@")
    return int(code), socket.inet_aton(router) if router else None


class Host:
    def __init__(self, answers):
        self.answers = [parse_answer(a) for a in answers.split(",")]
        self.ports = []

    def choose(self, port):
        if len(self.answers) == 1:
            return self.answers[0]
        if port not in self.ports:
            self.ports.append(port)
        turn = self.ports.index(port)
        return self.answers[turn] if turn < len(self.answers) else ("-", None)

    def answer(self, packet, header_length):
        if packet[header_length + 13] & RESET:
            return None
        what, router = self.choose(packet[header_length:header_length + 2])
        if what == "-":
            return None
        if what in FLAGS:
            return segment(packet, header_length, FLAGS[what])
        return unreachable(packet, router or packet[16:20], what)


def main():
    device, rules = sys.argv[1], sys.argv[2:]
    hosts = {}
    for rule in rules:
        address, _, answers = rule.partition("=")
        hosts[socket.inet_aton(address)] = Host(answers)
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN_NO_PI))
    print("ready", flush=True)
    while True:
        packet = os.read(tun, 65536)
        host = hosts.get(packet[16:20]) if packet[0] >> 4 == 4 else None
        if host is None:
            continue
        if packet[9] == socket.IPPROTO_UDP:
            host.ports = []
        if packet[9] != socket.IPPROTO_TCP or len(packet) < 40:
            continue
        reply = host.answer(packet, (packet[0] & 15) * 4)
        if reply is not None:
            os.write(tun, reply)


main()
