#!/usr/bin/python3
"""Run a command, read its standard output as it comes, perhaps send a signal.

    reader.py [--kill SIGNAL REGEX] COMMAND...

With --kill the signal is sent when a complete line matches REGEX. Prints one
JSON object: "out" and "err" (text), "lines" (when each line was read, in
nanoseconds of CLOCK_REALTIME), "started" and "ended" (the same clock, around the
whole command), "before" (the text read before the signal), "exit" (status, or
null) and "signal" (what it died of, or null).
Two minutes are the bound for a command that does not end.
"""
import json
import os
import re
import select
import signal
import sys
import time

LIMIT_S = 120


def spawn(words, output, errors):
    """The new process, started without a copy of this one: a fork of an interpreter takes
    longer than some of the programs that are measured here."""
    return os.posix_spawnp(
        words[0], words, os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                      (os.POSIX_SPAWN_DUP2, output, 1),
                      (os.POSIX_SPAWN_DUP2, errors, 2)],
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE])


def read(output, child, want, number):
    text, lines, before = b"", [], None
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if not select.select([output], [], [], 1)[0]:
            continue
        some = os.read(output, 65536)
        if not some:
            return text, lines, before
        lines += [time.clock_gettime_ns(time.CLOCK_REALTIME)] * some.count(b"\n")
        text += some
        whole = text[:text.rfind(b"\n") + 1].decode("latin-1")
        if want and before is None and re.search(want, whole, re.M):
            before = text
            os.kill(child, number)
    os.kill(child, signal.SIGKILL)
    return text, lines, before


def main():
    words, want, number = sys.argv[1:], None, None
    if words[0] == "--kill":
        number, want, words = getattr(signal, words[1]), words[2], words[3:]
    err = os.memfd_create("stderr")
    output, theirs = os.pipe()
    started = time.clock_gettime_ns(time.CLOCK_REALTIME)
    child = spawn(words, theirs, err)
    os.close(theirs)
    text, lines, before = read(output, child, want, number)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    ended = time.clock_gettime_ns(time.CLOCK_REALTIME)
    os.lseek(err, 0, os.SEEK_SET)
    json.dump({
        "out": text.decode("latin-1"),
        "err": os.read(err, 1 << 20).decode("latin-1"),
        "lines": lines,
        "started": started,
        "ended": ended,
        "before": before and before.decode("latin-1"),
        "exit": status if status >= 0 else None,
        "signal": -status if status < 0 else None,
    }, sys.stdout)


main()
