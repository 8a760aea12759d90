#!/usr/bin/python3
"""What a running process has, as its kernel says it, for sandbox.sh: one JSON object.

inspect.py PID
"""

import ctypes
import json
import os
import re
import socket
import sys

PIDFD_OPEN, PIDFD_GETFD = 434, 438
SO_GET_FILTER, SO_LOCK_FILTER = 26, 44
FAMILIES = {2: "ip", 10: "ip6", 16: "netlink", 17: "packet", 1: "unix"}
TYPES = {1: "stream", 2: "datagram", 3: "raw"}

libc = ctypes.CDLL(None, use_errno=True)


def syscall(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        pairs = (line.rstrip("\n").split(":", 1) for line in file)
        return {name: value.strip() for name, value in pairs}


def limits(pid):
    result = {}
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        for line in file:
            name, soft, hard = line[:26].strip(), line[26:47].strip(), line[47:68].strip()
            result[name] = [soft, hard]
    return result


def look_at_socket(number):
    """A copy of the socket: the same one behind another descriptor."""
    with socket.socket(fileno=number) as copy:
        family = copy.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN)
        kind = copy.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
        result = {"is": f"{FAMILIES.get(family, family)} {TYPES.get(kind, kind)}"}
        if kind == 3 or family == 17:
            result["locked"] = copy.getsockopt(socket.SOL_SOCKET, SO_LOCK_FILTER)
            size = ctypes.c_uint32(0)
            libc.getsockopt(copy.fileno(), 1, SO_GET_FILTER, None, ctypes.byref(size))
            result["filter"] = size.value
        return result


def flags(pid, fd):
    with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as file:
        for line in file:
            if line.startswith("flags:"):
                return int(line.split()[1], 8)
    return 0


def descriptors(pid):
    pidfd = syscall(PIDFD_OPEN, pid, 0)
    result = []
    for fd in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
        target = os.readlink(f"/proc/{pid}/fd/{fd}")
        entry = {"fd": fd, "is": re.sub(r"^(pipe|socket):.*", r"\1", target),
                 "cloexec": bool(flags(pid, fd) & 0o2000000)}
        if target.startswith("socket:"):
            entry.update(look_at_socket(syscall(PIDFD_GETFD, pidfd, fd, 0)))
        result.append(entry)
    os.close(pidfd)
    return result


def executable_and_writable(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as file:
        return sum(1 for line in file if line.split()[1].startswith("rwx"))


def main():
    pid = int(sys.argv[1])
    json.dump({"status": status(pid), "limits": limits(pid), "fds": descriptors(pid),
               "rwx": executable_and_writable(pid)}, sys.stdout)
    print()


main()
