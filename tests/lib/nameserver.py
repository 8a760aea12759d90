#!/usr/bin/python3
"""A name server that is slow, dead or malicious on purpose.

    nameserver.py ADDRESS LOG [delay=MS] [all=WHAT] [NAME=ADDRESS...] [ADDRESS=KIND...]

Listens on UDP port 53 of ADDRESS, appends "TYPE name" to LOG for every query,
prints "ready". NAME=ADDRESS is an A or AAAA record. ADDRESS=KIND says what the
PTR query of ADDRESS gets: a host name, or one of the KINDS below in the form
":kind". all=WHAT: every query gets that (dead, servfail, nxdomain, refused).
"""
import heapq
import ipaddress
import select
import socket
import struct
import sys
import time

TYPES = {1: "A", 12: "PTR", 28: "AAAA", 5: "CNAME"}
NUMBERS = {name: number for number, name in TYPES.items()}


def encode(labels):
    """Labels, as bytes, to the form of the wire; nothing is checked."""
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def host(name):
    return encode([label.encode("latin-1") for label in name.split(".")])


def record(kind, data, owner=b"\xc0\x0c", ttl=60):
    return owner + struct.pack("!HHIH", NUMBERS[kind], 1, ttl, len(data)) + data


def reply(query, answers, rcode=0, flags=0x8400, count=None):
    question = query["question"]
    number = len(answers) if count is None else count
    return (struct.pack("!HHHHHH", query["id"], flags | 0x0180 | rcode, 1, number, 0, 0)
            + question + b"".join(answers))


def pointer(query, data, **more):
    return reply(query, [record("PTR", data)], **more)


def text(raw):
    """A PTR whose first label is these bytes."""
    return lambda query: pointer(query, encode([raw, b"example", b"net"]))


def long_name(octets):
    """A name of that many characters, dots included."""
    labels, left = [], octets
    while left > 0:
        size = min(63, left)
        if left - size == 1:
            size -= 1
        labels.append(b"x" * size)
        left -= size + 1
    return encode(labels)


def at_answer(query):
    """Offset of the first answer's data: behind the question, owner and head."""
    return 12 + len(query["question"]) + 12


def self_pointer(query):
    return pointer(query, struct.pack("!H", 0xC000 | at_answer(query)))


def pointer_chain(query):
    first = at_answer(query)
    hops = b"".join(struct.pack("!H", 0xC000 | (first + 2 * i + 2)) for i in range(500))
    return pointer(query, hops + struct.pack("!H", 0xC000 | first))


def with_alias(query):
    target = host("alias.example.net")
    return reply(query, [record("CNAME", target),
                         record("PTR", host("behind.example.net"), owner=target)])


def wrong_question(query):
    other = dict(query, question=host("www.example.org") + struct.pack("!HH", 12, 1))
    return pointer(other, host("wrong.example.net"))


def cut_off(query):
    broken = b"\xc0\x0c" + struct.pack("!HHIH", 12, 1, 60, 500) + b"\x03abc"
    return reply(query, [broken])


KINDS = {
    "escape": text(b"a\x1b]0;owned\x07b"),
    "newline": text(b"a\nb"),
    "nul": text(b"a\0b"),
    "dot": text(b"a.b"),
    "utf8": text("\u00fc\u00df".encode()),
    "rtl": text("a\u202eb".encode()),
    "percent": text(b"%n%s%x"),
    "script": text(b'"<script>'),
    "space": text(b"a b"),
    "backslash": text(b"a\\b"),
    "underscore": text(b"a_b"),
    "delete": text(b"a\x7fb"),
    "c1": text(b"a\x9bb"),
    "dash": lambda query: pointer(query, host("-rf.net")),
    "root": lambda query: pointer(query, b"\0"),
    "long253": lambda query: pointer(query, long_name(253)),
    "long300": lambda query: pointer(query, long_name(300)),
    "literal": lambda query: pointer(query, host("10.0.0.1")),
    "selfpointer": self_pointer,
    "pastpointer": lambda query: pointer(query, b"\xff\xff"),
    "chain": pointer_chain,
    "label80": lambda query: pointer(query, b"\x80abc\0"),
    "wrongid": lambda query: pointer(dict(query, id=query["id"] ^ 1), host("id.example.net")),
    "wrongquestion": wrong_question,
    "empty": lambda query: b"",
    "onebyte": lambda query: b"x",
    "count": lambda query: reply(query, [], count=65535),
    "cutoff": cut_off,
    "nodata": lambda query: pointer(query, b""),
    "alias": with_alias,
    "thousand": lambda query: reply(query, [
        record("PTR", host("p%d.example.net" % i)) for i in range(1000)]),
    "truncated": lambda query: pointer(query, host("tc.example.net"), flags=0x8600),
    "servfail": lambda query: reply(query, [], rcode=2),
    "refused": lambda query: reply(query, [], rcode=5),
    "nxdomain": lambda query: reply(query, [], rcode=3),
    "query": lambda query: pointer(query, host("qr.example.net"))[:2] + b"\x01\x80"
    + pointer(query, host("qr.example.net"))[4:],
    "dead": lambda query: None,
    "two": lambda query: reply(query, [record("PTR", host("first.example.net")),
                                       record("PTR", host("second.example.net"))]),
    "otherowner": lambda query: reply(query, [
        record("PTR", host("owner.example.net"), owner=host("1.2.0.192.in-addr.arpa"))]),
    "ttl": lambda query: reply(query, [
        record("PTR", host("ttl.example.net"), ttl=0xFFFFFFFF)]),
    "garbage": lambda query: struct.pack("!H", query["id"]) + b"\x85\x80" + b"\xa5" * 60000,
}


class Zone:
    def __init__(self, words):
        self.delay, self.everything, self.records = 0.0, None, {}
        for word in words:
            left, _, right = word.partition("=")
            if left == "delay":
                self.delay = float(right) / 1000
            elif left == "all":
                self.everything = KINDS[right]
            else:
                self.add(left, right)

    def add(self, left, right):
        try:
            reverse = ipaddress.ip_address(left).reverse_pointer
        except ValueError:
            address = ipaddress.ip_address(right)
            kind = "A" if address.version == 4 else "AAAA"
            data = record(kind, address.packed)
            self.records[kind, left] = lambda query: reply(query, [data])
            return
        if right.startswith(":"):
            self.records["PTR", reverse] = KINDS[right[1:]]
        else:
            self.records["PTR", reverse] = lambda query: pointer(query, host(right))

    def answer(self, query):
        if self.everything:
            return self.everything(query)
        found = self.records.get((query["type"], query["name"]))
        if found:
            return found(query)
        known = any(name == query["name"] for _, name in self.records)
        return reply(query, [], rcode=0 if known else 3)


def parse(message):
    labels, offset = [], 12
    while message[offset]:
        size = message[offset]
        labels.append(message[offset + 1:offset + 1 + size])
        offset += 1 + size
    number, = struct.unpack_from("!H", message, offset + 1)
    return {
        "id": struct.unpack_from("!H", message)[0],
        "name": b".".join(labels).decode("latin-1").lower(),
        "type": TYPES.get(number, str(number)),
        "question": message[12:offset + 5],
    }


def serve(server, log, zone):
    waiting, turn = [], 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([server], [], [], timeout)[0]:
            message, client = server.recvfrom(4096)
            query = parse(message)
            log.write("%s %s\n" % (query["type"], query["name"]))
            answer = zone.answer(query)
            if answer is not None:
                turn += 1
                heapq.heappush(waiting, (time.monotonic() + zone.delay, turn, answer, client))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, answer, client = heapq.heappop(waiting)
            server.sendto(answer, client)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    with open(sys.argv[2], "a", buffering=1, encoding="latin-1") as log:
        print("ready", flush=True)
        serve(server, log, Zone(sys.argv[3:]))


main()
