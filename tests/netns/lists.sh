#!/bin/bash
# Lists of targets that nobody in his right mind would write.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24
#
# What can be traced is, the rest is an error with its line; memory has a bound whatever comes, and
# nothing is sent but to what was asked for.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init lists
self_check && skip_all "the original has no lists"
lab_chain
start_nginx d 80
start_dnsmasq both
many=200000 large=64M
[ -z "${TEST_LONG:-}" ] || many=10000000 large=1G

# Runs the program with standard input from a shell's command; the last line of stderr is the most
# memory that it had, in kilobytes.
measured='import resource, subprocess, sys
source = subprocess.Popen(["sh", "-c", sys.argv[1]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
status = subprocess.call(sys.argv[2:], stdin=source.stdout)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
source.kill()
source.wait()
print(most, file=sys.stderr)
sys.exit(status if status >= 0 else 128 - status)'

# from COMMAND ARGUMENT...: leaves $memory as well.
from() {
	run_at h "$python" -c "$measured" "$1" "$TTR" --targets - --ndjson -n "${@:2}" 80
	memory=$(tail -n 1 <<<"$err")
	err=$(sed '$d' <<<"$err")
}

reached() {
	grep -c '"state": *"open"' <<<"$out"
}

# bounded NAME: its own memory and that of the shell before it
bounded() {
	ok "$1: memory is bounded ($memory kB)" test "$memory" -le 65536
	is "$1: no control character" "$(LC_ALL=C grep -caP '[\x00-\x09\x0b-\x1f\x7f]' "$lab_dir/run.err")" 0
}

capture_start h any "ip or (ip6 and (tcp or udp))"

from "head -c $large /dev/zero | tr '\\0' x; echo; echo 203.0.113.80"
is "F3 a line of $large: status, the other is traced" "$status,$(reached)" 1,1
like "F3 a line of $large: is named" "$err" '^standard input:1: bad line: longer'
bounded "F3 a line of $large"
from "yes 0.1.2.3 | head -n $many; echo 203.0.113.80"
is "F7 $many lines: status, the last is traced" "$status,$(reached)" 1,1
is "F7 $many lines: each is named" "$(wc -l <<<"$err")" "$many"
bounded "F7 $many lines"
from "yes 203.0.113.80 | head -n 100000"
is "F13 100,000 times the same: status, traced once" "$status,$(reached),$err" 0,1,
bounded "F13 100,000 times the same"
from "printf '%s\n' 0.0.0.0/0 ::/0 10.0.0.0/8 203.0.113.80"
is "F8, F9 networks: status, the other is traced" "$status,$(reached)" 1,1
is "F8, F9 networks: each is named" "$(wc -l <<<"$err")" 3
from "printf '%s\n' '-o /etc/x' '-rf' '--help' '\$(id)' '\`id\`' '; id' '|id' '203.0.113.80'"
is "F12 options and commands in lines: status, the other is traced" "$status,$(reached)" 1,1
is "F12 options and commands in lines: each is named" "$(wc -l <<<"$err")" 7
from "head -c 300000 '$(command -v nft)'; echo; echo 203.0.113.80"
is "F4 a program as list: status, the other is traced" "$status,$(reached)" 1,1
bounded "F4 a program as list"

# --- what is no file ---------------------------------------------------------

run_at h "$TTR" --targets "$lab_dir" -n 80
like "F10 a directory: status" "$status,$out" '^[23],$'
like "F10 a directory: is named" "$err" "Is a directory"
run_at h "$TTR" --targets /proc/self/mem -n --max-time 2 80
like "F10 memory of its own: status" "$status,$out" '^[23],$'
like "F10 memory of its own: said" "$err" 'mem'
mkfifo "$lab_dir/fifo"
sleep 600 9<>"$lab_dir/fifo" &
lab_pids+=("$!")
run_at h "$TTR" --targets "$lab_dir/fifo" -n --max-time 1 80
is "F10 a pipe that nobody writes to: --max-time ends it" "$status,$out" 1,
from 'cat /dev/zero' --max-time 1
is "F10 zeros without end: --max-time ends it" "$status,$out" 1,
bounded "F10 zeros without end"
run_at h "$TTR" --targets /dev/zero -n --max-time 1 80
is "F10 /dev/zero: --max-time ends it" "$status,$out" 1,

install -m 755 "$TTR" "$lab_dir/capable"
setcap cap_net_raw+p "$lab_dir/capable" || bail_out "setcap does not work here"
echo 203.0.113.80 >"$lab_dir/secret"
chmod 600 "$lab_dir/secret"
user=(setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all)
run_at h "${user[@]}" "$lab_dir/capable" --targets "$lab_dir/secret" -n 80
like "F11 a file of root's, by a user: status" "$status,$out" '^[23],$'
like "F11 a file of root's, by a user: said" "$err" 'Permission denied'
run_at h "${user[@]}" "$lab_dir/capable" --targets "$lab_dir/fifo2" -n 80
like "F11 no file, by a user: said" "$err" 'No such file'

# --- it changes meanwhile ----------------------------------------------------

seq -f '203.0.113.%.0f' 80 99 >"$lab_dir/changing"
yes '# nothing' | head -n 5000 >>"$lab_dir/changing"
: >"$lab_dir/changing.out"
spawn h "$TTR" --targets "$lab_dir/changing" --ndjson -n --rate 20 80 \
	>"$lab_dir/changing.out" 2>"$lab_dir/changing.err"
wait_for "the first target" grep -q '"event": *"end"' "$lab_dir/changing.out"
: >"$lab_dir/changing"
wait "$spawned"
like "F14 cut while it is read: an orderly end" "$?" '^[013]$'
is "F14 cut while it is read: complete lines" "$(jq -c . "$lab_dir/changing.out" 2>&1 | grep -vc '^{')" 0
printf '203.0.113.80\n' >"$lab_dir/changing"
: >"$lab_dir/changing.out"
spawn h "$TTR" --targets "$lab_dir/changing" --ndjson -n 80 >"$lab_dir/changing.out" 2>"$lab_dir/changing.err"
rm "$lab_dir/changing"
wait "$spawned"
like "F14 removed while it is read: an orderly end" "$?" '^[0123]$'

capture_stop
is "nothing was sent to who was not asked for" "$(tcpdump -nn -r "$capture_file" 'src host 198.18.1.1 and tcp and
	not dst net 203.0.113.0/24' 2>/dev/null)" ''
is "no name was asked for that could be none" "$(captured 'udp and dst port 53' |
	grep -oE '(A|AAAA|PTR)\? [^ ]+' | grep -cE '[^A-Za-z0-9?. _-]')" 0

done_testing
