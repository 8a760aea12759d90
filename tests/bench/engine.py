#!/usr/bin/python3
"""What the engine costs: one table against whatever answers behind sim0.

    engine.py TTR BARE DIRECTORY RUNS TARGETS RATE...

Runs inside a namespace of tests/bench/engine, which says what the columns are.
"""
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import time

TTR, BARE, DIRECTORY = sys.argv[1:4]
RUNS, TARGETS = int(sys.argv[4]), int(sys.argv[5])
RATES = [int(word) for word in sys.argv[6:]]
SOURCE, TTL, LIMIT_S = "198.18.0.1", 7, 120


def write_targets():
    path = os.path.join(DIRECTORY, f"targets.{TARGETS}")
    with open(os.path.join(DIRECTORY, "targets"), encoding="ascii") as every:
        with open(path, "w", encoding="ascii") as some:
            some.writelines(itertools.islice(every, TARGETS))
    os.chmod(path, 0o644)
    return path


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_ends(path):
    probes = replies = lost = 0
    with open(path, encoding="ascii") as file:
        for line in file:
            if line.startswith('{"event":"end"'):
                end = json.loads(line)
                probes += end["probes_sent"]
                replies += end["replies"]
                lost = max(lost, end["capture_dropped"])
    return probes, replies, lost


def run_ours(targets, rate):
    output = os.path.join(DIRECTORY, "engine.out")
    before, start = cpu(), time.monotonic()
    with open(output, "wb") as file:
        subprocess.run([TTR, "--targets", targets, "--ndjson", "--full", "--rate", str(rate), "443"],
                       stdout=file, stderr=subprocess.DEVNULL, timeout=LIMIT_S, check=False)
    seconds, used = time.monotonic() - start, cpu() - before
    probes, replies, lost = read_ends(output)
    return probes / seconds, used / probes * 1e6, replies / probes, lost, probes / TARGETS


def run_bare(mode, rate):
    words = subprocess.run([BARE, mode, str(16 * TARGETS), str(rate), SOURCE, str(TTL)],
                           stdout=subprocess.PIPE, timeout=LIMIT_S, check=True).stdout.split()
    return tuple(float(word) for word in words)


def medians(results):
    return [statistics.median(column) for column in zip(*results)]


def row(name, rate, values):
    per_second, cost, answered = values[:3]
    lost = f"{values[3]:>12.0f} {values[4]:>13.2f}" if len(values) > 3 else ""
    print(f"{name:<20} {rate or 'none':>9} {per_second:>11.0f} {cost:>8.2f} us "
          f"{100 * answered:>9.1f} % {lost}", flush=True)


def main():
    targets = write_targets()
    print(f"{'':<20} {'--rate':>9} {'probes/s':>11} {'cpu/probe':>11} {'answered':>11} "
          f"{'frames lost':>12} {'probes/target':>13}")
    send = medians([run_bare("send", 0) for _ in range(RUNS)])
    print(f"{'bare, no capture':<20} {'none':>9} {send[0]:>11.0f} {send[1]:>8.2f} us")
    row("bare, with capture", 0, medians([run_bare("both", 0) for _ in range(RUNS)]))
    for rate in RATES:
        bare = medians([run_bare("both", rate) for _ in range(RUNS)])
        row("bare, with capture", rate, bare)
        ours = medians([run_ours(targets, rate) for _ in range(RUNS)])
        row("ours", rate, ours)
        print(f"  ours is at {ours[0] / bare[0]:.2f} of its rate and costs {ours[1] / bare[1]:.2f} "
              "times as much")


main()
