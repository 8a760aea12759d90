#!/bin/bash
# shellcheck disable=SC2016  # scripts for another shell
# Programs and scripts that read tcptraceroute's output get what they parse.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d: 80 open, 81 closed,
#     198.18.1/24    five hops, see lab.sh    203.0.113/24        82 dropped
#
# The readers run inside h with the program as "tcptraceroute" in their PATH.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init readers
lab_chain
nft_at d <<-'END'
	table ip silence {
		chain in {
			type filter hook input priority 0
			tcp dport 82 drop
		}
	}
END
start_dnsmasq 4
start_nginx d 80

mkdir "$lab_dir/bin"
ln -s "$TTR" "$lab_dir/bin/tcptraceroute"
PATH=$lab_dir/bin:$PATH
number='[0-9]+\.[0-9]+'

# in_shell SCRIPT [ARGUMENT...]: leaves $out, $err and $status.
in_shell() {
	run_at h "$BASH" -c "$1" reader "${@:2}"
}

# Pool operators' node monitors ping a port with one probe of the largest TTL and
# read the last line of both streams.
node_ping() {
	in_shell 'tcptraceroute -n -S -f 255 -m 255 -q 1 -w 1 "$1" "$2" 2>&1 | tail -n 1' "$@"
}

node_ping 203.0.113.80 80
like "node ping: the last line is the open row" "$out" "^255  203\.0\.113\.80 \[open\]  $number ms$"
like "node ping: field 4 is the time" "$(awk '{ print $4 }' <<<"$out")" "^$number$"
node_ping 203.0.113.80 81
unlike "node ping: a closed port is not open" "$out" '\[open\]'
like "node ping: closed is said" "$out" '\[closed\]'
node_ping 203.0.113.80 82
unlike "node ping: a dropped port is not open" "$out" '\[open\]'
is "node ping: not reached is the last line" "$out" 'Destination not reached'

# tcpping: the standard output alone, one row.
tcpping() {
	in_shell 'tcptraceroute -f 255 -m 255 -q 1 -w 1 "$@" 2>/dev/null' "$@"
}

tcpping www.example.net 80
is "tcpping: status 0" "$status" 0
is "tcpping: one row" "$(wc -l <<<"$out")" 1
like "tcpping: the row begins with 255" "$out" '^255 '
like "tcpping: the next to last field is the time" "$(awk '{ print $(NF - 1) }' <<<"$out")" "^$number$"
unlike "tcpping: not lost" "$(awk '{ print $2 }' <<<"$out")" '\*'
tcpping -n 203.0.113.80 80
like "tcpping -n" "$(awk '{ print $(NF - 1) }' <<<"$out")" "^$number$"
tcpping www.example.net 81
like "tcpping: a closed port has a time" "$(awk '{ print $(NF - 1) }' <<<"$out")" "^$number$"
tcpping www.example.net 82
is "tcpping: lost is a star in field 2" "$(awk '{ print $1 "," $2 }' <<<"$out")" '255,*'
is "tcpping: lost is status 1" "$status" 1

# Idioms of public scripts.
in_shell 'tcptraceroute -n www.example.net 80 2>/dev/null | sed "s/.*]\s\+//" | tail -n 1'
like "idiom: cut up to the state" "$out" "^$number ms  $number ms  $number ms$"
in_shell 'tcptraceroute -q 1 www.example.net 80 2>/dev/null | grep -Eo "[0-9]+\.[0-9]+ ms"'
is "idiom: one time per hop" "$(grep -Ec "^$number ms$" <<<"$out")" 5
in_shell 'tcptraceroute -n -q 1 www.example.net 80 2>/dev/null | tail -1 | awk "{ print \$4 }"'
like "idiom: field 4 of the last line" "$out" "^$number$"
in_shell 'tcptraceroute www.example.net 80 2>&1 | grep -q "\[open\]" && echo up'
is "idiom: grep for open" "$out" up
in_shell 'tcptraceroute www.example.net 80 2>&1 | head -n 2'
like "idiom: the header comes first" "$out" \
	$'^Selected device eth0, address 198\\.18\\.1\\.1, port [0-9]+ for outgoing packets\nTracing the path to www'
in_shell 'timeout 15s tcptraceroute -w 1 -q 1 -m 3 www.example.net 80 2>&1'
is "idiom: timeout, with both streams" "$status" 1
is "idiom: timeout, the last line" "$(tail -n 1 <<<"$out")" 'Destination not reached'
in_shell 'tcptraceroute -n www.example.net 80 2>/dev/null | tail -n 1 | grep -c "^ 5  203.0.113.80 \[open\]"'
is "idiom: nothing after the last row" "$out" 1

# A reader that leaves early. SIGPIPE as in a login shell, whatever we inherited.
in_shell 'env --default-signal=PIPE tcptraceroute www.example.net 80 2>/dev/null | head -2'
is "head -2: two rows" "$(wc -l <<<"$out")" 2
like "head -2: of the first hops" "$out" $'^ 1  r1\\.example\\.net .*\n 2  r2\\.example\\.net '
# The pipe is closed before the program writes.
mkfifo "$lab_dir/gone"
in_shell '{ read -r _ <"$1/gone"
	env --default-signal=PIPE tcptraceroute www.example.net 80
	echo "$?" >"$1/status"
} | { exec 0<&-; echo >"$1/gone"; }' "$lab_dir"
is "no reader: ended by SIGPIPE" "$(<"$lab_dir/status")" 141
is "no reader: nobody complains" "$(grep -Evc '^(Selected device|Tracing the path) ' <<<"$err")" 0

# A parser of traceroute output: times with an optional mark, "name (address)" or
# a bare address.
cat >"$lab_dir/parser.py" <<'END'
import re
import sys

rtt = re.compile(r"(\d+(?:\.?\d+)?)\s+ms(?:\s+(![A-Za-z0-9<>]+))?")
named = re.compile(r"([a-zA-Z0-9_.-]+)\s+\((\d+\.\d+\.\d+\.\d+)\)")
bare = re.compile(r"(\d+\.\d+\.\d+\.\d+)\s+[^(]")
for line in sys.stdin:
    hop = re.match(r"\s*(\d+)\s+(.*)", line)
    if not hop:
        continue
    host = named.search(hop[2])
    address = host[2] if host else bare.search(hop[2])[1]
    print(hop[1], host[1] if host else "-", address, len(rtt.findall(hop[2])))
END
in_shell 'tcptraceroute www.example.net 80 2>/dev/null | /usr/bin/python3 "$1"' "$lab_dir/parser.py"
is "parser: hops, names, addresses, times" "$out" "\
1 r1.example.net 198.18.1.2 3
2 r2.example.net 198.18.2.2 3
3 - 10.0.3.2 3
4 r4.example.net 198.18.4.2 3
5 www.example.net 203.0.113.80 3"
in_shell 'tcptraceroute -n -q 1 www.example.net 81 2>/dev/null | /usr/bin/python3 "$1"' "$lab_dir/parser.py"
is "parser: -n -q 1" "$out" "\
1 - 198.18.1.2 1
2 - 198.18.2.2 1
3 - 10.0.3.2 1
4 - 198.18.4.2 1
5 - 203.0.113.80 1"

# Scripts of the wrapper around Linux traceroute: its letters are all ours too.
in_shell 'tcptraceroute -n -N -i eth0 -l 100 -f 1 -F -m 9 -q 1 -w 2 -t 0 -S -E www.example.net 80 2>/dev/null'
is "the letters of the other tcptraceroute" "$status" 0

done_testing
