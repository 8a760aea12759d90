#!/bin/bash
# Tracing without privilege sees what the raw mode sees: the same JSON, but for
# times, ports and what connections cannot show.
#
#                 sim0
#   h 198.18.0.1 ------ pathsim: long.path (19 hops) and others
#     2001:db8::1
#
# The raw trace is root's, the other one is uid 65534's without capabilities. What
# was sent is counted in pathsim's log.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init unprivileged
self_check && skip_all "the original needs raw sockets"
scenarios=$lab_source/subprojects/pathsim/scenarios
lab_node h

# What both modes have to agree on. Of a row with answers: who they are from; a
# query that was lost is lost for reasons that are not the mode's. How sure a place is:
# connections do not tell over how many routers an answer came, so that one in the host's
# name is no proof that the path goes on.
# shellcheck disable=SC2016  # jq expands it
facts='[.ports[] | {port, state, reached, distance,
	blocked: (.blocked | if . then {how, after_ttl, address, icmp_code} else . end),
	hops: [.hops[] | {ttl, probes: ([.probes[] | {reply, address, icmp_code, mark, flags, mpls,
		interface, extensions, extensions_invalid}] | unique | map(select(.reply != "none")))}]}]'

facts() {
	jq -cS "$facts" <<<"$out"
}

# traces ARGUMENT...: leaves $raw, $out and $err of the unprivileged one.
traces() {
	ttr --json -n "$@"
	raw=$(facts)
	run_at h setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		"$TTR" --json -n "$@"
}

# same NAME ARGUMENT...
same() {
	local name=$1
	shift
	traces "$@"
	is "$name: the same hops, states, distances" "$(facts)" "$raw"
	is "$name: mode" "$(jq -c .mode <<<"$out")" '"unprivileged"'
}

syns_logged() {
	awk '$2 == "out" && $5 == "tcp" && / flags=S( |$)/' "$pathsim_log" | wc -l
}

# --- a long path -----------------------------------------------------------

start_pathsim "$scenarios/long.path"
for family in 4 6; do
	target=198.51.100.10
	[ $family = 4 ] || target=2001:db8:ff::10
	same "IPv$family, long path, open" $target 443
	is "IPv$family, long path, open: where" "$(jq -c '.ports[0] | [.state, .distance, .source_port]' <<<"$out")" \
		'["open",19,null]'
	like "IPv$family: the mode is said, once, with its limits" "$err" \
		'^No raw sockets \(Operation not permitted.*tracing with connections[^'$'\n'']*$'
	same "IPv$family, long path, closed" $target 80
	same "IPv$family, long path, dropped" -q 1 -m 24 $target 25
	same "IPv$family, long path, all three" -q 2 -m 24 $target 443,80,25
	is "IPv$family, long path, all three: a drop behind the last router is not sure" \
		"$(jq -c '[.ports[] | select(.blocked) | [.port, .blocked.after_ttl, .blocked.verified, .blocked.doubt]]' <<<"$out")" \
		'[[25,18,false,"other-answerer"]]'
	same "IPv$family, long path, from hop 7 to 12" -f 7 -m 12 $target 443
	same "IPv$family, long path, one TTL" -f 255 -m 255 -q 1 $target 443
	same "IPv$family, long path, --window 3" --window 3 $target 443
	same "IPv$family, long path, --track-port" --track-port $target 443
done
stop_pathsim

# --- nothing is sent that is not counted -----------------------------------

# Nobody answers from hop 19 on: each socket is held for as long as any is.
start_pathsim "$scenarios/long.path"
run_at h "$TTR" --unprivileged --json -n -m 40 -w 3 198.51.100.10 25
stop_pathsim
is "SYNs on the wire and in JSON" "$(syns_logged)" "$(jq .probes_sent <<<"$out")"
is "a probe is sent for each query" "$(jq '[.ports[0].hops[].probes[].attempts] | min' <<<"$out")" 1

# Stopped for 1.5 s with all probes out: the kernel sends SYNs again, and they are
# counted; what was answered meanwhile is no loss.
start_pathsim "$scenarios/long.path"
capture_start h sim0 'icmp or tcp'
spawn h "$TTR" --unprivileged --json -n -q 1 -m 25 198.51.100.10 25 \
	>"$lab_dir/stopped.out" 2>"$lab_dir/stopped.err"
# shellcheck disable=SC2317  # "wait_for" calls it
all_out() {
	[ "$(captured 'tcp[tcpflags] & tcp-syn != 0' | wc -l)" -ge 25 ]
}
wait_for "25 SYNs" all_out
kill -STOP "$spawned"
# shellcheck disable=SC2317
sent_again() {
	[ "$(captured 'tcp[tcpflags] & tcp-syn != 0' | wc -l)" -gt 25 ]
}
wait_for "a SYN that is sent again" sent_again
kill -CONT "$spawned"
wait "$spawned"
end_process "$capture_pid"
stop_pathsim
out=$(<"$lab_dir/stopped.out")
is "stopped and continued: the 18 hops are there" \
	"$(jq -c '[.ports[0].hops[:18][].probes[0].address]' <<<"$out")" \
	"[$(for i in $(seq 18); do printf '"203.0.113.%d",' "$i"; done | sed 's/,$//')]"
is "stopped and continued: SYNs on the wire and in JSON" "$(syns_logged)" "$(jq .probes_sent <<<"$out")"

# --- extensions, rejects, silence, loss ------------------------------------

# With 8 bytes of quote, raw IPv6 probes of one flow cannot be told apart.
sed 's/ quote 8//' "$scenarios/extensions.path" >"$lab_dir/extensions.path"
start_pathsim "$lab_dir/extensions.path"
for family in 4 6; do
	target=198.51.100.10
	[ $family = 4 ] || target=2001:db8:ff::10
	same "IPv$family, extensions" $target 80,81
	is "IPv$family, extensions: labels are there" \
		"$(jq -c '[.ports[0].hops[1,2].probes[0].mpls[0].label]' <<<"$out")" '[16004,24000]'
	ttr -n -e $target 80
	raw=$(mask_times <<<"$out")
	ttr -n -e --unprivileged $target 80
	is "IPv$family, extensions: the same text" "$(mask_times <<<"$out")" "$raw"
done
stop_pathsim
start_pathsim "$scenarios/extensions.path"
same "quotes of 8 bytes" 198.51.100.10 80
ttr -n -e --unprivileged 2001:db8:ff::10 80
like "quotes of 8 bytes, IPv6: connections know whose they are" "$out" \
	$'\n 4  2001:db8:1::4 <MPLS:L=3,E=0,S=1,T=1>  '
stop_pathsim

start_pathsim "$scenarios/rejects.path"
# Code 4 is for the kernel itself, which learns the path's MTU from it.
for code in 0 1 2 3 5 6 7 8 9 10 11 12 13 14 15; do
	same "a router's reject with code $code" -q 1 198.51.100.$((100 + code))
	same "a host's reject with code $code" -q 1 198.51.100.$((200 + code))
done
for code in 0 1 2 3 4 5 6 7; do
	same "a router's reject with ICMPv6 code $code" -q 1 2001:db8:ff:1::$code
	same "a host's reject with ICMPv6 code $code" -q 1 2001:db8:ff:2::$code
done
stop_pathsim

start_pathsim "$scenarios/silent.path"
same "silent hops" 198.51.100.10 443
same "silent hops, IPv6" 2001:db8:ff::10 443
same "a port in silence" -m 10 198.51.100.11 442,443
stop_pathsim

# Every fifth answer is lost: no hop is.
sed -E '/^hop [0-9]+ 2/s/$/ loss 20%/' "$scenarios/long.path" >"$lab_dir/loss.path"
start_pathsim "$lab_dir/loss.path"
for family in 4 6; do
	target=198.51.100.10
	[ $family = 4 ] || target=2001:db8:ff::10
	same "IPv$family, loss" -q 5 $target 443
done
stop_pathsim

# --- more probes than sockets ----------------------------------------------

start_pathsim "$scenarios/long.path"
few_descriptors() {
	run_at h "$BASH" -c 'ulimit -n '"$1"'; exec "$@"' shell \
		setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$TTR" "${@:2}"
}
# The last one of its hops is the host, at 19 for every port.
path=$(for i in $(seq 18); do printf '"203.0.113.%d",' "$i"; done)
few_descriptors 256 --json -n -q 1 198.51.100.10 100-199,443
is "101 ports, 256 descriptors: nothing is lost" \
	"$(jq -c '.ports[] | [.state, .distance, [.hops[].probes[0].address]]' <<<"$out" | sort | uniq -c |
		sed 's/^ *//')" \
	"100 [\"closed\",19,[$path\"198.51.100.10\"]]
1 [\"open\",19,[$path\"198.51.100.10\"]]"
is "101 ports, 256 descriptors: nothing else is said" "$(wc -l <<<"$err")" 1
few_descriptors 72 --json -n -q 1 198.51.100.10 80,443
is "72 descriptors: nothing is lost" \
	"$(jq -c '.ports[] | [.port, .state, .distance, [.hops[].probes[0].address]]' <<<"$out")" \
	"[80,\"closed\",19,[$path\"198.51.100.10\"]]
[443,\"open\",19,[$path\"198.51.100.10\"]]"
few_descriptors 64 --json -n -q 1 -m 21 198.51.100.10 25
is "64 descriptors: sockets that wait in vain make room in time" \
	"$(jq -c '.ports[] | [.port, .state, .distance, [.hops[:18][].probes[0].address]]' <<<"$out")" \
	"[25,\"filtered\",null,[${path%,}]]"

done_testing
