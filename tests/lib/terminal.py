#!/usr/bin/python3
"""Run a command on a terminal, and show what is to be seen there.

    terminal.py raw|screen COMMAND...

Standard output and error of the command are one terminal of 80 columns. raw prints all that
it wrote; screen prints the lines as they stand there in the end: a carriage return goes
back to the first column, and ESC [ K erases what is behind it. Ends with the status of the
command; two minutes are the bound for one that does not end.
"""
import os
import pty
import re
import select
import sys
import time

LIMIT_S = 120


def read(terminal, child):
    text, end = b"", time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            some = os.read(terminal, 65536)
        except OSError:  # nobody has it open any more
            return text
        if not some:
            return text
        text += some
    os.kill(child, 9)
    return text


def screen(text):
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        shown, column = "", 0
        for part in re.split("(\r|\033\\[K)", line):
            if part == "\r":
                column = 0
            elif part == "\033[K":
                shown = shown[:column]
            else:
                shown = shown[:column] + part + shown[column + len(part):]
                column += len(part)
        lines.append(shown)
    return "\n".join(lines)


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    text = read(terminal, child).decode("latin-1")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(screen(text) if sys.argv[1] == "screen" else text, end="")
    sys.exit(status if status >= 0 else 128 - status)


main()
