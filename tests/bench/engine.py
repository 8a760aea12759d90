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


def packets_sent():
    with open("/sys/class/net/sim0/statistics/tx_packets", encoding="ascii") as file:
        return int(file.read())


def watch(process):
    """(time, packets) now and then, until the process ends."""
    samples = [(time.monotonic(), packets_sent())]
    while process.poll() is None and samples[-1][0] - samples[0][0] < LIMIT_S:
        time.sleep(0.02)
        samples.append((time.monotonic(), packets_sent()))
    process.kill()
    process.wait()
    return samples


def middle_rate(samples):
    first, last = samples[0][1], samples[-1][1]
    begin, end = first + (last - first) * 0.2, first + (last - first) * 0.8
    middle = [sample for sample in samples if begin <= sample[1] <= end]
    if len(middle) < 2:
        return 0.0
    return (middle[-1][1] - middle[0][1]) / (middle[-1][0] - middle[0][0])


def run_ours(targets, rate):
    output = os.path.join(DIRECTORY, "engine.out")
    before, start = cpu(), time.monotonic()
    with open(output, "wb") as file:
        process = subprocess.Popen(
            [TTR, "--targets", targets, "--ndjson", "--full", "--rate", str(rate), "443"],
            stdout=file, stderr=subprocess.DEVNULL)
        samples = watch(process)
    seconds, used = time.monotonic() - start, cpu() - before
    probes, replies, lost = read_ends(output)
    return (middle_rate(samples), used / probes * 1e6, replies / probes, probes / seconds, lost,
            probes / TARGETS)


def run_bare(mode, rate):
    words = subprocess.run([BARE, mode, str(16 * TARGETS), str(rate), SOURCE, str(TTL)],
                           stdout=subprocess.PIPE, timeout=LIMIT_S, check=True).stdout.split()
    return tuple(float(word) for word in words)


def medians(results):
    return [statistics.median(column) for column in zip(*results)]


def row(name, rate, values):
    per_second, cost, answered = values[:3]
    lost = (f"{values[3]:>10.0f} {values[4]:>12.0f} {values[5]:>13.2f}" if len(values) > 3
            else "")
    print(f"{name:<20} {rate or 'none':>9} {per_second:>11.0f} {cost:>8.2f} us "
          f"{100 * answered:>9.1f} % {lost}", flush=True)


def main():
    targets = write_targets()
    print(f"{'':<20} {'--rate':>9} {'probes/s':>11} {'cpu/probe':>11} {'answered':>11} "
          f"{'whole run':>10} {'frames lost':>12} {'probes/target':>13}")
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
