#!/bin/bash
# The traps of concurrent TCP tracing, T1 to T16, each by name, on simulated paths.
#
#                 sim0 (TUN)
#   h 198.18.0.1 ------------ pathsim: a scenario per trap, written here
#     2001:db8::1
#
# Where a real kernel is needed: T2 in netns/limits.sh, T9 to T12 in netns/kernel_traps.sh; the last
# check here is that all sixteen have tests of their names. What is here is what a network does.
# Order and content are asserted, never a duration.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init traps
lab_node h
v4=198.51.100.10
v6=2001:db8:ff::10

# scenario LINES: a prober, three routers (more may follow), a host at 5.
scenario() {
	{
		printf 'prober 198.18.0.1 2001:db8::1\n'
		cat
	} >"$lab_dir/trap.path"
	start_pathsim "$lab_dir/trap.path"
}

routers() {
	local i
	for i in "${@:1}"; do
		printf 'hop %d 203.0.113.%d 2001:db8:1::%d rtt %dms\n' "$i" "$i" "$i" "$((i * 4))"
	done
}

host() {
	printf 'destination %s %s at %d rtt %s\n' "$v4" "$v6" "$1" "${2:-20ms}"
}

# trace FAMILY ARGUMENTS...: every answer has a second's time, so that a busy
# machine makes no difference; where all answer nobody waits.
wait=(-w 1)
trace() {
	local target=$v4
	[ "$1" = 4 ] || target=$v6
	ttr --json -n "${wait[@]}" "${@:2}" "$target" "$port"
}

ask() {
	jq -c "$1" <<<"$out" 2>&1
}

# Each hop's addresses, and the words of its replies.
hops() {
	ask '[.ports[0].hops[] | [.ttl, ([.probes[] | .reply] | unique | join(","))] | join(" ")] | join("; ")'
}

right_hops() {
	ask '[.ports[0].hops[] | .ttl as $t | .probes[] | select(.reply == "time-exceeded") |
		select((.address | endswith(".\($t)") or endswith("::\($t)")) | not)] | length'
}

seen_changes() {
	ask "[.ports[0].hops[] | select([.probes[].changes[]?.field] | index(\"$1\")) | .ttl] | min"
}

port=80

# --- T1: many SYNs on one 4-tuple ------------------------------------------

for stack in linux bsd syncookies mute noackrst; do
	scenario <<-END
		$(routers 1 2 3 4)
		$(host 5)
		stack $stack
		port 80 open
	END
	for family in 4 6; do
		for options in '' '--isn rising' '--isn random' '--syn bare'; do
			[ $family = 4 ] || [[ $options != --isn* ]] || continue
			# shellcheck disable=SC2086  # options are words
			trace $family $options
			is "T1: $stack, IPv$family $options: open, at 5" "$(ask '.ports[0] | [.state, .distance]')" '["open",5]'
		done
		port=81 trace $family
		is "T1: $stack, IPv$family: closed, at 5" "$(ask '.ports[0] | [.state, .distance]')" '["closed",5]'
		port=81 trace $family -q 1
		is "T1: $stack, IPv$family -q 1: closed, at 5" "$(ask '.ports[0] | [.state, .distance]')" '["closed",5]'
	done
	stop_pathsim
done

# A silent router right before a closed port, and copies of its answers.
scenario <<-END
	$(routers 1 2 3)
	hop 4 silent
	$(host 5) duplicate 30%
	port 80 open
END
for family in 4 6; do
	port=81 trace $family -w 5 # TTL after TTL is asked: each has to have its time
	is "T1: closed behind a silent hop, with copies, IPv$family" "$(ask '.ports[0] | [.state, .distance]')" '["closed",5]'
done
stop_pathsim

# --- T2: limits ------------------------------------------------------------

scenario <<-END
	$(routers 1 2 3 | sed 's/$/ limit linux/')
	$(host 4)
	port 80 open
END
wait=()
for run in 1 2 3; do
	trace 4
	is "T2: run $run: nobody is asked more than six times" \
		"$(ask '[.ports[0].hops[] | select(.ttl < 4) | [.probes[].attempts] | add] | max <= 6')" true
done
wait=(-w 1)
stop_pathsim

# --- T3: the forms of the end ----------------------------------------------

scenario <<-END
	$(routers 1 2 3 4)
	$(host 5)
	stack bareack
	port 80 open
END
for family in 4 6; do
	trace $family
	is "T3: bare ACK, IPv$family: reached, neither open nor closed" \
		"$(ask '.ports[0] | [.state, .reached, .distance, .hops[-1].probes[0].flags]')" '["unknown",true,5,["ACK"]]'
done
stop_pathsim
scenario <<-END
	$(routers 1 2 3 4)
	$(host 5)
	stack noackrst
	port 80 open
END
port=81
for family in 4 6; do
	trace $family
	is "T3: RST without ACK, IPv$family" \
		"$(ask '.ports[0] | [.state, .distance, .hops[-1].probes[0].flags]')" '["closed",5,["RST"]]'
done
port=80
stop_pathsim
scenario <<-END
	$(routers 1 2 3 4)
	$(host 5)
	stack synproxy at 2
	port 80 closed
END
trace 4
is "T3: a SYN proxy answers for the host: no row behind it" "$(ask '.ports[0] | [.state, .distance]')" '["open",3]'
stop_pathsim

# A host that resets one SYN at a time: next to the prober, and behind a silent router.
for at in 1 3; do
	scenario <<-END
		$([ $at = 1 ] || routers 1)
		$([ $at = 1 ] || echo hop 2 203.0.113.2 2001:db8:1::2 silent)
		$(host $at)
		stack bsd
		rstlimit 200/s burst 1
		port 80 open
	END
	port=81
	for family in 4 6; do
		trace $family
		is "T3: one reset at a time from hop $at, IPv$family: the distance is right, or said to be uncertain" \
			"$(ask ".ports[0] | .state == \"closed\" and (.distance == $at or .distance_uncertain)")" true
	done
	port=80
	stop_pathsim
done

# --- T4: what names a probe when boxes rewrite it ----------------------

# case NAME HOP FIELD LINES...: all rows right, the change first seen at HOP
rewriting() {
	local name=$1 hop=$2 field=$3 family
	scenario <<-END
		$(routers 1 2 3 4)
		$(host 5)
		port 80 open
		$(printf '%s\n' "${@:4}")
	END
	for family in 4 6; do
		[ "$field" != ip.id ] || [ $family = 4 ] || continue
		trace $family
		is "T4: $name, IPv$family: rows" "$(hops)" \
			'"1 time-exceeded; 2 time-exceeded; 3 time-exceeded; 4 time-exceeded; 5 syn-ack"'
		is "T4: $name, IPv$family: nobody at another's place" "$(right_hops)" 0
		is "T4: $name, IPv$family: seen from hop $hop on" "$(seen_changes "$field")" "$hop"
	done
	stop_pathsim
}
rewriting 'NAT that does not restore quotes' 3 tcp.sport \
	'nat 192.0.2.7:1000 at 3 unrestored' 'nat [2001:db8:7::7]:1000 at 3 unrestored'
rewriting 'NAT that does not restore addresses' 3 ip.src \
	'nat 192.0.2.7 at 3 unrestored' 'nat 2001:db8:7::7 at 3 unrestored'
rewriting 'IP ID' 2 ip.id 'ipid at 2'
rewriting 'sequence numbers, not translated back' 2 tcp.seq 'isn at 2 untranslated'
rewriting 'timestamps stripped' 2 tcp.options 'timestamps at 2'
rewriting 'options stripped' 3 tcp.options 'options at 3'
rewriting 'MSS' 4 tcp.mss 'mss 1300 at 4'
rewriting 'DSCP' 2 ip.tos 'dscp 8 at 2'

scenario <<-END
	$(routers 1 2 3 4 | sed 's/$/ quote 8/')
	$(host 5)
	port 80 open
	ipid at 2
END
for family in 4 6; do
	trace $family
	is "T4: quotes of 8 bytes, IPv$family: nobody at another's place" "$(right_hops)" 0
	is "T4: quotes of 8 bytes, IPv$family: all rows" \
		"$(ask '[.ports[0].hops[] | select([.probes[].reply] | index("none"))] | length')" 0
done
stop_pathsim

scenario <<-END
	$(routers 1 2 3 4)
	$(host 5)
	port 80 open
	isn at 2 untranslated
	ipid at 2
	timestamps at 2
END
trace 4
is "T4: nothing left that names a probe: no address is guessed" "$(hops)" \
	'"1 time-exceeded; 2 none; 3 none; 4 none; 5 syn-ack"'
stop_pathsim

# --- T6: answers at once ----------------------------------------------------

scenario <<-END
	hop 1 203.0.113.1 2001:db8:1::1
	hop 2 203.0.113.2 2001:db8:1::2
	$(host 3 0ms)
	port 80 open
END
for family in 4 6; do
	trace $family -q 20
	is "T6: answers before the next probe, IPv$family: none is lost" \
		"$(ask '[.ports[0].hops[].probes[] | select(.reply == "none")] | length')" 0
done
stop_pathsim

# --- T7, and branches of different length ------------------------------------

scenario <<-END
	$(routers 1 2 3 4)
	detour at 2 share 50% 203.0.113.51,203.0.113.52 2001:db8:1::51,2001:db8:1::52 rtt 9ms
	$(host 5)
	port 80 open
END
for family in 4 6; do
	for port in 80 81; do
		trace $family -q 6
		is "T7: branches, port $port, IPv$family: no row behind the destination, no gap" \
			"$(ask '.ports[0] | (.hops | length) == .distance and ([.hops[].ttl] == [range(1; .distance + 1)])')" true
		is "T7: branches, port $port, IPv$family: every cell is answered" \
			"$(ask '[.ports[0].hops[].probes[] | select(.reply == "none")] | length')" 0
	done
done
port=80
stop_pathsim
scenario <<-END
	$(routers 1)
	hop 2 203.0.113.2,203.0.113.22 2001:db8:1::2,2001:db8:1::22 per packet rtt 5ms
	$(routers 3 4)
	$(host 5 60ms)
	port 80 open
END
# six times two packets that could all have gone the same way: one in 2000
for family in 4 6; do
	found=
	for run in 1 2 3 4 5 6; do
		trace $family
		[ "$(ask '[.ports[0].hops[1].probes[].balancing // empty] | length > 0')" != true ] || found=yes
		[ "$(ask '[.ports[0].hops[] | select(.ttl != 2) | .probes[].balancing // empty] | length')" = 0 ] || found=elsewhere
		[ -z "$found" ] || break
	done
	is "balancing per packet is named, IPv$family" "$found" yes
done
stop_pathsim

# --- T8, T14: answers of earlier runs, and of strangers ----------------------

# With 40,000 of them a second a busy machine cannot read all that comes: then it says so, and a
# cell may be empty, but none is wrong.
as_it_is() {
	ask '[.ports[0] | .state, .distance] == ["open",5] and ([.ports[0].hops[] | .ttl as $t |
		.probes[].reply == (if $t < 5 then "time-exceeded" else "syn-ack" end)] | all)
		or (.capture_dropped > 0 and .incomplete and ([.ports[0].hops[] | .ttl as $t | .probes[].reply |
			. == "none" or . == (if $t < 5 then "time-exceeded" else "syn-ack" end)] | all))'
}
forged() {
	jq -r '.. | .address? // empty' <<<"$out" | grep -cE '^192\.0\.2\.|^2001:db8:bad:'
}
for kind in 'ports random seq random' 'ports known seq random'; do
	scenario <<-END
		forge 20000/s icmp $kind for 30s
		forge 20000/s tcp $kind for 30s
		$(routers 1 2 3 4)
		$(host 5)
		port 80 open
		port 25 dropped
	END
	for family in 4 6; do
		trace $family
		is "T14: 20,000 forged answers a second of each kind ($kind), IPv$family: none is accepted" "$(forged)" 0
		is "T14: IPv$family ($kind): the path is as it is" "$(as_it_is) $(right_hops)" 'true 0'
		# who knows the ports needs no number to reset without ACK, as some hosts do
		[[ $kind != *known* ]] || continue
		port=25 trace $family -q 1 --max-time 2
		is "T14: IPv$family ($kind): nobody answers for a silent port" \
			"$(forged) $(ask '.ports[0].hops | length > 0 and ([.[].probes[].reply] - ["none", "time-exceeded"] == [])')" '0 true'
	done
	stop_pathsim
done

# --- T5: the capture keeps up with the burst ----------------------------------

scenario <<-END
	$(routers 1 2 3 4)
	$(host 5)
	port 80 open
END
trace 4 -q 200
is "T5: 200 queries at once: no answer is lost by the capture" \
	"$(ask '.capture_dropped, ([.ports[0].hops[] | select(.ttl < 5) | .probes[] | select(.reply == "none")] | length)' | paste -sd' ')" '0 0'

# --- T8, T9, T10: numbers and ports are new ones; nobody listens ---------------

for run in 1 2; do
	trace 4
	ask '.ports[0].source_port' >"$lab_dir/port.$run"
done
not_ok "T8, T9: another source port in each run" cmp -s "$lab_dir/port.1" "$lab_dir/port.2"
stop_pathsim
is "T8: no sequence number twice" \
	"$(awk '$2 == "out" && $5 == "tcp" && / flags=S / { print }' "$pathsim_log" | grep -o ' sport=[0-9]* dport=[0-9]* seq=[0-9]*' | sort -u | grep -o 'seq=.*' | sort | uniq -d)" ''
ok "T10: the kernel resets what was opened half" grep -q ' out .* tcp .* flags=R ' "$pathsim_log"

# --- T12: frames are padded ------------------------------------------------------

{ printf 'prober 198.18.0.1 2001:db8::1\n'; routers 1 2 3 4; host 5; echo 'port 80 open'; } >"$lab_dir/trap.path"
start_pathsim "$lab_dir/trap.path" --tap
for family in 4 6; do
	trace $family --syn bare
	is "T12: padding of short frames is not taken for data, IPv$family" \
		"$(ask '.ports[0] | [.state, .distance]')" '["open",5]'
done

# --- T13: the burst ---------------------------------------------------------------

trace 4 --window 2
is "T13: --window 2: the same path with few probes at a time" "$(ask '.ports[0] | [.state, .distance]')" '["open",5]'
is "T13: at most 2 TTLs more than there are hops" "$(ask '.probes_sent <= 3 * 7')" true
stop_pathsim

# --- T15: the way back -------------------------------------------------------

scenario <<-END
	hop 1 203.0.113.1 2001:db8:1::1 rtt 30ms back 9 ttl 255
	hop 2 203.0.113.2 2001:db8:1::2 rtt 5ms back 1 ttl 32
	hop 3 203.0.113.3 2001:db8:1::3 rtt 80ms back 20
	$(host 4 10ms)
	port 80 open
END
trace 4
is "T15: longer ways back change neither order nor distance" \
	"$(ask '[.ports[0].distance, [.ports[0].hops[] | .probes[0].reply_ttl]]')" '[4,[247,32,45,61]]'
stop_pathsim

# --- T16: late answers -------------------------------------------------------

wait=()

scenario <<-END
	$(routers 1 2)
	hop 3 203.0.113.3 2001:db8:1::3 rtt 900ms
	$(routers 4)
	$(host 5 60ms)
	port 80 open
END
for family in 4 6; do
	trace $family -w 2
	is "T16: a router that takes 900 ms, -w 2, IPv$family: shown" "$(ask '.ports[0].hops[2].probes[0].reply')" '"time-exceeded"'
	trace $family
	is "T16: by default nobody waits for it, IPv$family" \
		"$(ask '[.ports[0].hops[2].probes[].reply] | unique')" '["none"]'
done
stop_pathsim

# The destination keeps the trace going: what is late by then is counted.
scenario <<-END
	hop 1 203.0.113.1 2001:db8:1::1 rtt 1ms
	hop 2 203.0.113.2 2001:db8:1::2 rtt 900ms
	$(routers 3 4)
	$(host 5)
	port 25 dropped
END
port=25
trace 4 -m 6 -q 1
is "P35, T16: what comes after its row is counted as late" \
	"$(ask '.ports[0].hops[1].probes[0] | [.reply, .late]')" '["none",true]'
port=80
stop_pathsim

# --- all of them -----------------------------------------------------------------

for trap in {1..16}; do
	ok "T$trap: there are tests of that name" \
		grep -qE "(is|ok|like) [\"'](T[0-9]+, )*T$trap[:,]" "${BASH_SOURCE[0]%/*}"/{traps.sh,../netns/kernel_traps.sh}
done

done_testing
