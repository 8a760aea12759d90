#!/usr/bin/python3
"""Send a captured frame again, many times: a storm of valid answers.

    replay.py DEVICE CAPTURE COUNT ADDRESS

Takes the first frame of the pcap file CAPTURE (Ethernet, either byte order) that
holds an ICMP or ICMPv6 error from ADDRESS and sends it COUNT times on DEVICE of
this network namespace. Prints "sent N" at the end.
"""
import socket
import struct
import sys


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        kept = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16:at + 16 + kept]
        at += 16 + kept


def is_error_from(frame, address):
    packet = frame[14:]
    if ":" in address:
        return (packet[0] >> 4 == 6 and packet[6] == 58 and packet[40] < 128 and
                packet[8:24] == socket.inet_pton(socket.AF_INET6, address))
    return (packet[0] >> 4 == 4 and packet[9] == 1 and packet[20] in (3, 11) and
            packet[12:16] == socket.inet_pton(socket.AF_INET, address))


def main():
    device, capture, count, address = sys.argv[1:]
    frame = next(frame for frame in frames(capture) if is_error_from(frame, address))
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((device, 0))
    sent = 0
    for _ in range(int(count)):
        try:
            wire.send(frame)
            sent += 1
        except OSError:
            pass
    print("sent", sent)


main()
