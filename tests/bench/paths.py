#!/usr/bin/python3
"""One path, of every kind: ours beside its peers.

    paths.py TTR BARE ORIGINAL PATHSIM DIRECTORY RUNS LIMIT HOPS RTTS KINDS

Runs inside the namespace of tests/bench/paths, which says what the tables are. The
last three arguments are lists of words.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

TTR, BARE, ORIGINAL, PATHSIM, DIRECTORY = sys.argv[1:6]
RUNS, LIMIT_S = int(sys.argv[6]), float(sys.argv[7])
HOPS, RTTS = ([int(word) for word in words.split()] for words in sys.argv[8:10])
KINDS = sys.argv[10].split()
HOST, PORT, MAX_TTL = "198.51.100.10", "443", 30
START_S = 20

# Name, command, and whether it may run as often as ours.
PROGRAMS = [
    ("bare", [BARE, "path", HOST, "198.18.0.1"], True),
    ("ours", [TTR, "-n", HOST, PORT], True),
    ("elapsed", [TTR, "-n", "--json", HOST, PORT], True),
    ("ours -q1", [TTR, "-n", "-q", "1", HOST, PORT], True),
    ("ours -w1", [TTR, "-n", "-w", "1", HOST, PORT], True),
    ("tr -T", ["traceroute", "-T", "-n", "-p", PORT, HOST], True),
    ("tr -N90", ["traceroute", "-T", "-n", "-N", "90", "-p", PORT, HOST], True),
    ("nmap", ["nmap", "-n", "-Pn", "-p", PORT, "--traceroute", HOST], False),
    ("lft", ["lft", "-n", "-d", PORT, HOST], False),
    ("scamper", ["scamper", "-O", "text", "-c", f"trace -P tcp -d {PORT}", "-i", HOST], False),
    ("1.5beta7", [ORIGINAL, "-n", HOST, PORT], False),
    ("mtr", ["mtr", "--tcp", "-n", "--report", "-c", "3", "-P", PORT, HOST], False),
]
HEADINGS = {
    "answers": "every hop answers",
    "silent": "a third of the hops is silent",
    "lossy": "a third of the hops loses a twentieth of its answers",
    "limited": "a third of the hops is limited as Linux is",
    "filtered": "all is dropped behind two thirds of the way",
}


class Path:
    """What the simulated network is like."""

    def __init__(self, kind, hops, rtt_ms):
        self.kind, self.hops, self.rtt_ms = kind, hops, rtt_ms
        self.last = int((hops * 2 + 2) / 3) if kind == "filtered" else hops
        self.silent = {ttl for ttl in range(1, MAX_TTL + 1)
                       if ttl > self.last or (kind == "silent" and ttl % 3 == 0 and ttl < hops)}
        self.largest_s = rtt_ms * self.last / hops / 1000

    def line(self, ttl):
        if self.kind == "silent" and ttl % 3 == 0:
            return f"hop {ttl} silent"
        more = {"lossy": " loss 5%", "limited": " limit linux"}.get(self.kind, "")
        return (f"hop {ttl} 203.0.113.{ttl} rtt {self.rtt_ms * ttl / self.hops:.3f}ms"
                f"{more if ttl % 3 == 0 else ''}")

    def write(self, name):
        lines = ["prober 198.18.0.1", *map(self.line, range(1, self.hops)),
                 f"destination {HOST} at {self.hops} rtt {self.rtt_ms}ms", f"port {PORT} open",
                 "nameserver 192.0.2.53"]
        if self.kind == "filtered":
            lines.append(f"firewall at {self.last} drop any")
        with open(name, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")


class Network:
    """pathsim with a path, and its log of packets."""

    def __init__(self, path):
        scenario = os.path.join(DIRECTORY, "bench.path")
        self.path, self.log = path, os.path.join(DIRECTORY, "bench.log")
        path.write(scenario)
        with open(os.path.join(DIRECTORY, "bench.out"), "w+b") as out:
            self.process = subprocess.Popen(
                [PATHSIM, "--tap", "--device", "sim0", "--log", self.log, scenario], stdout=out)
            end = time.monotonic() + START_S
            while b"ready on" not in open(out.name, "rb").read():
                if time.monotonic() > end or self.process.poll() is not None:
                    sys.exit("paths: pathsim did not start")
                time.sleep(0.02)

    def sent(self):
        """SYNs: all, and those that got to the host."""
        time.sleep(0.1)  # it is written out when the network has nothing to do
        ttls = []
        with open(self.log, encoding="ascii") as file:
            for line in file:
                if " out " in line and " flags=S " in line:
                    ttls.append(int(re.search(r" ttl=(\d+)", line).group(1)))
        there = 0 if self.path.kind == "filtered" else sum(t >= self.path.hops for t in ttls)
        return len(ttls), there

    def stop(self):
        self.process.terminate()
        self.process.wait()
        os.unlink(self.log)


def json_hops(text):
    """TTLs of hops that say nothing, and of those that do, in our JSON."""
    hops = [(hop["ttl"], any(probe["reply"] != "none" for probe in hop["probes"]))
            for hop in json.loads(text)["ports"][0]["hops"]]
    return ({ttl for ttl, seen in hops if not seen}, {ttl for ttl, seen in hops if seen})


def lost_hops(text):
    """TTLs of rows that say nothing, whoever wrote them."""
    if text.startswith("{"):
        return json_hops(text)
    lost, seen = set(), set()
    for line in text.splitlines():
        row = re.match(r" *(\d+)(?:\.\|--)? +(.*)", line)
        if not row:
            continue
        ttl, rest = int(row.group(1)), row.group(2)
        several = re.match(r"\.\.\. (\d+)$", rest)
        if several:  # nmap
            lost.update(range(ttl, int(several.group(1)) + 1))
        else:
            (lost if re.search(r"\*|\?\?\?|\.\.\.", rest) else seen).add(ttl)
    return lost, seen


def run(words, path):
    start = time.monotonic()
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=LIMIT_S, check=False,
                              close_fds=False)
    except subprocess.TimeoutExpired as late:
        return None, len(lost_hops((late.stdout or b"").decode("latin-1"))[0] - path.silent)
    seconds = time.monotonic() - start
    text = done.stdout.decode("latin-1")
    if text.startswith("{"):
        seconds = json.loads(text)["elapsed_ms"] / 1000
    return seconds, len(lost_hops(text)[0] - path.silent)


def measure(path, words, runs):
    """Multiple of the round trip, false stars, SYNs, SYNs at the host: texts.

    Each run has a network of its own: what a router's limit, or the host, remembers of one run is
    not held against the next.
    """
    times, false, sent, there = [], [], [], []
    for _ in range(runs):
        network = Network(path)
        seconds, stars = run(words, path)
        for values, value in zip((times, false, sent, there), (seconds, stars, *network.sent())):
            values.append(value)
        network.stop()
        if seconds is None:
            break
    took = (f"> {LIMIT_S:.0f} s" if None in times
            else f"{statistics.median(times) / path.largest_s:.2f}")
    return (took, f"{statistics.mean(false):.1f}", f"{statistics.mean(sent):.0f}",
            f"{statistics.mean(there):.0f}")


def table(title, rows, part):
    print(f"\n{title}\n{'hops':>4} {'rtt ms':>6} " + " ".join(f"{name:>9}" for name, *_ in PROGRAMS))
    for path, cells in rows:
        print(f"{path.hops:>4} {path.rtt_ms:>6} " + " ".join(f"{cell[part]:>9}" for cell in cells))


def is_meant(kind, words):
    """Nobody answers the bare one there; a wait of one second is what lft has by default."""
    return not (kind == "filtered" and words[0] == BARE) and (kind == "filtered" or "-w" not in words)


def main():
    for kind in KINDS:
        rows, start = [], time.monotonic()
        for hops in HOPS:
            for rtt_ms in RTTS:
                path = Path(kind, hops, rtt_ms)
                rows.append((path, [
                    measure(path, words, RUNS if often else 1)
                    if shutil.which(words[0]) and is_meant(kind, words)
                    else ("-",) * 4 for _, words, often in PROGRAMS]))
        print(f"\n== {kind}: {HEADINGS[kind]} ({time.monotonic() - start:.0f} s)")
        for part, title in enumerate(("time, as a multiple of the largest round trip",
                                      "hops that answer, shown as lost (mean)", "SYNs of a run",
                                      "SYNs of a run that got to the host")):
            table(title, rows, part)
        sys.stdout.flush()


main()
