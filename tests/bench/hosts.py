#!/usr/bin/python3
"""Many hosts: ours beside its peers on one simulated network, and what memory they take.

    hosts.py TTR ORIGINAL DIRECTORY RUNS PREFIXES [LARGE]

Runs inside the network of tests/bench/hosts, whose device is sim0. Prints medians of RUNS runs:
time, packets that left (with the resets of the kernel), the program's own count of probes, routers
found, processor time and resident memory. LARGE: so many targets for the memory's course.
"""
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time

TTR, ORIGINAL, DIRECTORY, RUNS, PREFIXES = sys.argv[1:4] + [int(word) for word in sys.argv[4:6]]
LARGE = int(sys.argv[6]) if len(sys.argv) > 6 else 0
LIMIT_S = 300


def hosts(prefixes):
    return [f"{10 + (p >> 16)}.{p >> 8 & 255}.{p & 255}.{h}" for p in range(prefixes)
            for h in range(1, 9)]


def write_list(name, addresses):
    path = os.path.join(DIRECTORY, name)
    with open(path, "w", encoding="ascii") as file:
        file.writelines(address + "\n" for address in addresses)
    os.chmod(path, 0o644)
    return path


def packets_sent():
    with open("/sys/class/net/sim0/statistics/tx_packets", encoding="ascii") as file:
        return int(file.read())


def watch_memory(pid, samples, over):
    while not over.wait(0.25):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                found = re.search(r"VmRSS:\s+(\d+)", file.read())
        except OSError:
            return
        if found:
            samples.append(int(found.group(1)))


def run(command, shell=False):
    """One run: its output's path and what it took."""
    output = os.path.join(DIRECTORY, "out")
    before, samples, over = packets_sent(), [], threading.Event()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with open(output, "wb") as file:
        process = subprocess.Popen(command, shell=shell, stdout=file, stderr=subprocess.DEVNULL)
    watcher = threading.Thread(target=watch_memory, args=(process.pid, samples, over))
    watcher.start()
    try:
        process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    seconds = time.monotonic() - start
    over.set()
    watcher.join()
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return output, {"seconds": seconds, "packets": packets_sent() - before, "cpu": cpu,
                    "memory": samples}


def read_events(path):
    probes = ends = dropped = 0
    routers = set()
    with open(path, encoding="ascii") as file:
        for line in file:
            event = json.loads(line)
            if event["event"] == "end":
                probes += event["probes_sent"]
                dropped = max(dropped, event["capture_dropped"])
                ends += 1
            elif event["event"] == "hop" and event["probes"][0]["reply"] == "time-exceeded":
                routers.add(event["probes"][0]["address"])
    return {"probes": probes, "ends": ends, "routers": len(routers), "dropped": dropped}


def read_addresses(path, targets):
    """Whatever the program prints: the addresses in it that are not targets."""
    with open(path, encoding="utf-8", errors="replace") as file:
        found = set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", file.read()))
    return {"routers": len(found - targets - {"198.18.0.1", "0.0.0.0"})}


def row(name, count, results):
    def median(key):
        values = [result[key] for result in results if key in result]
        return statistics.median(values) if values else None

    probes, routers, peak = median("probes"), median("routers"), [
        max(result["memory"], default=0) for result in results]
    print(f"{name:<52} {count:>7} {median('seconds'):>9.2f} {median('packets') / count:>13.2f} "
          f"{'' if probes is None else format(probes / count, '.2f'):>11} {routers:>8.0f} "
          f"{median('cpu'):>8.2f} {statistics.median(peak) / 1024:>8.1f}", flush=True)
    return median("seconds")


def ours(name, path, count, *options):
    results = []
    for _ in range(RUNS):
        output, result = run([TTR, "--targets", path, "--ndjson", *options, "443"])
        result.update(read_events(output))
        results.append(result)
    seconds = row(name, count, results)
    return seconds, results


def peer(name, command, count, targets, shell=False):
    if not shutil.which(command.split()[0] if shell else command[0]):
        print(f"{name:<52} not installed")
        return None
    results = []
    for _ in range(RUNS):
        output, result = run(command, shell)
        result.update(read_addresses(output, targets))
        results.append(result)
    return row(name, count, results)


def compare():
    addresses = hosts(PREFIXES)
    path, some = write_list("all.txt", addresses), addresses[:64]
    few = write_list("few.txt", some)
    print(f"{'program':<52} {'targets':>7} {'seconds':>9} {'packets/host':>13} "
          f"{'probes/host':>11} {'routers':>8} {'cpu s':>8} {'rss MiB':>8}")
    seconds, _ = ours("ours, --rate 20000", path, len(addresses), "--rate", "20000")
    ours("ours, --rate 20000 --full", path, len(addresses), "--rate", "20000", "--full")
    seconds, _ = ours("ours, --rate 10000", path, len(addresses), "--rate", "10000")
    # More than 10000 a second it does not take; with more than some 300 tasks at a time it loses
    # the answers to its questions about routes and gives up those targets. It waits for a second
    # where it would for five. Its doubletree does not see a SYN/ACK (15 `*` follow, 11 s a host),
    # so that one goes by ICMP echo.
    for name, options in (("trace -P tcp", "-P tcp -d 443"),
                          ("doubletree from hop 8, ICMP", "-P icmp-paris -f 8 -Z lss")):
        other = peer(f"scamper -p 10000 -w 300, {name}",
                     ["scamper", "-p", "10000", "-w", "300", "-O", "text", "-c",
                      f"trace {options} -w 1", "-f", path], len(addresses),
                     set(addresses))
        if other:
            print(f"  ours is {other / seconds:.1f} times as fast as that in this run")
    seconds, _ = ours("ours, 64 hosts", few, len(some), "--rate", "20000")
    for name, program in (("ours", f"{TTR} -n -q 1"), ("1.5beta7", f"{ORIGINAL} -n -q 1"),
                          ("traceroute", "traceroute -T -n -q 1 -p 443")):
        port = "" if "-p 443" in program else " 443"
        other = peer(f"64 hosts, 16 at a time: {name}",
                     f"xargs -a {few} -P 16 -I @ {program} @{port}", len(some),
                     set(some), shell=True)
        if other:
            print(f"  ours is {other / seconds:.1f} times as fast as that loop in this run")


def memory():
    path = write_list("large.txt", hosts(LARGE // 8))
    _, result = run([TTR, "--targets", path, "--ndjson", "--rate", "100000", "443"])
    samples = result["memory"]
    quarters = [samples[len(samples) * part // 4 - 1] / 1024 for part in (1, 2, 3, 4)]
    print(f"memory of {LARGE} targets, at each quarter of {result['seconds']:.0f} s: "
          + ", ".join(f"{value:.1f}" for value in quarters) + " MiB")


compare()
if LARGE:
    memory()
