#!/bin/bash
# What the options put on the wire, side by side with the original.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24
#
# Every case has two ports of its own, both closed: 9000 + 2n for the original,
# 9001 + 2n for ours. One capture at h sees all of them.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init wire
[ -x "$original" ] || bail_out "the original is not installed: $original"
lab_chain
lab_ip h <<< 'addr add 198.18.1.100/24 dev eth0'

www=203.0.113.80
cases=()

# both "ARGUMENTS" ["ARGUMENTS OF OURS ALONE"]
both() {
	local n=${#cases[@]} words ours=()
	read -ra words <<<"$1"
	self_check || read -ra ours <<<"--syn bare ${2:-}"
	cases+=("$1")
	at h "$original" -n "${words[@]}" $www $((9000 + 2 * n)) >/dev/null 2>&1
	at h "$TTR" "${ours[@]}" -n "${words[@]}" $www $((9001 + 2 * n)) >/dev/null 2>&1
}

# sent PORT: the probes of the five hops, one line each:
# TTL TOS DF IP-LENGTH TCP-FLAGS WINDOW TCP-LENGTH SOURCE SOURCE-PORT ID SEQUENCE
sent() {
	captured "tcp and dst host $www and dst port $1 and ip[8] < 6" | awk '
	function after(word,   i) {
		for (i = 1; i < NF; i++)
			if ($i == word) { sub(/[,:)]+$/, "", $(i + 1)); return $(i + 1) }
		return "-"
	}
	{
		match($0, /flags \[[^]]*\]/); df = substr($0, RSTART, RLENGTH)
		match($0, /Flags \[[^]]*\]/); flags = substr($0, RSTART, RLENGTH)
		match($0, /\) [0-9.]+ > /); source = substr($0, RSTART + 2, RLENGTH - 5)
		match($0, /proto TCP \(6\), length [0-9]+/)
		total = substr($0, RSTART, RLENGTH); sub(/.* /, "", total)
		port = source; sub(/.*\./, "", port); sub(/\.[0-9]+$/, "", source)
		gsub(/ /, "", flags); gsub(/ /, "", df)
		seq = after("seq"); sub(/:.*/, "", seq)
		print after("ttl"), after("(tos"), df, total, flags, after("win"), $NF, source, port, after("id"), seq
	}'
}

probe_fields() {
	sent "$1" | cut -d' ' -f1-8 | sort -u
}

column() {
	sent "$1" | cut -d' ' -f"$2" | sort -u
}

count_lines() {
	grep -c .
}

capture_start h eth0 "tcp and dst host $www"
both ''
both '-t 16'
both '-t 255'
both '-F'
both '-S'
both '-A'
both '-E'
both '-S -A'
both '-A -E'
both '-l 40'
both '-l 41'
both '-l 100'
both '-l 1400'
both '-l 20'
both '-s 198.18.1.100'
both '-F -t 8 -E -l 60'
track_port=${#cases[@]}
both '--track-port'
fixed_port=${#cases[@]}
both '-p 40001'
both '-P 40002'
both '-f 2 -m 4'
capture_stop 198.18.1.2

for n in "${!cases[@]}"; do
	is "on the wire: ${cases[n]:-no option}" \
		"$(probe_fields $((9001 + 2 * n)))" "$(probe_fields $((9000 + 2 * n)))"
done

is "15 probes for 5 hops by the original" "$(sent 9000 | count_lines)" 15
is "-p: the one source port" "$(column $((9001 + 2 * fixed_port)) 9)" 40001
is "-P: the one source port" "$(column $((9003 + 2 * fixed_port)) 9)" 40002
probes=$(sent $((9001 + 2 * track_port)) | count_lines)
is "--track-port: every probe has its own source port" \
	"$(column $((9001 + 2 * track_port)) 9 | count_lines)" "$probes"
probes=$(sent 9001 | count_lines)
is "every probe has its own IP ID" "$(column 9001 10 | count_lines)" "$probes"
if self_check; then
	is "one source port" "$(column 9001 9 | count_lines)" 1
else
	ok "few source ports: one per query, and a fresh one for each that confirms the closed port" \
		test "$(column 9001 9 | count_lines)" -le 6
fi
ports=$(column 9001 9 | count_lines)
numbers=$(sent 9001 | awk '{ print $9, $11 }' | sort -u | count_lines)
if self_check; then
	is "one sequence number in a flow" "$numbers" "$ports"
else
	ok "one sequence number in a flow, and another one where a reset is confirmed" \
		test "$numbers" -ge "$ports" -a "$numbers" -le $((2 * ports))
fi

done_testing
