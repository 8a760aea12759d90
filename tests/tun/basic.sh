#!/bin/bash
# The program against a simulated internet on a TUN and on a TAP device.
#
#                 sim0 (TUN or TAP)
#   h 198.18.0.1 ------------------ pathsim: 18 routers, a host 180 ms away:
#     2001:db8::1                   443 open, 80 closed, 25 dropped; a name server
#
# What was sent is read from pathsim's log and from a capture. Order is asserted,
# never a duration: a probe that stays unanswered waits for ten minutes where
# the test needs "still pending".

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init basic
scenarios=$lab_source/subprojects/pathsim/scenarios
long=$scenarios/long.path
lab_node h

# The rows that the scenario promises. expected FAMILY STATE: without the last
# row's state when STATE is empty.
expected() {
	awk -v family="$1" -v state="$2" '
		$1 == "hop" || $1 == "destination" {
			address = $(family == 4 ? 3 : 4); number = $2
			if ($1 == "destination") {
				if (state == "") exit
				address = $(family == 4 ? 2 : 3)
				for (i = 1; i < NF; i++) if ($i == "at") number = $(i + 1)
			}
			for (i = 1; i < NF; i++) if ($i == "name") name = $(i + 1)
			mark = $1 == "destination" ? " [" state "]" : ""
			printf "%2d  %s (%s)%s  T  T  T\n", number, name, address, mark
		}' "$long"
}

masked() {
	mask_times <<<"$out"
}

# logged FILTER FIELD...: fields of the probes in the log, one line each.
logged() {
	awk -v filter="$1" -v names="${*:2}" '
		BEGIN { count = split(names, name, " ") }
		/^#/ || $2 != "out" || $5 != filter { next }
		{
			delete value
			for (i = 6; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
			if (filter == "tcp" && value["flags"] !~ /S/) next
			line = ""
			for (i = 1; i <= count; i++) line = line (i > 1 ? " " : "") value[name[i]]
			print line
		}' "$pathsim_log"
}

count_lines() {
	grep -c .
}

repeated_lines() {
	sort | uniq -d
}

# --- rows, both devices, both IP versions ----------------------------------

families=(4 6)
if self_check; then
	families=(4)
fi

for device in tun tap; do
	option=()
	[ $device = tun ] || option=(--tap)
	for family in "${families[@]}"; do
		version=-$family
		self_check && version=-S
		start_pathsim "$long" "${option[@]}"
		ttr "$version" www.example.net 443
		is "$device, IPv$family: open" "$(masked)" "$(expected "$family" open)"
		is "$device, IPv$family: open, status" "$status" 0
		ttr "$version" www.example.net 80
		is "$device, IPv$family: closed" "$(masked)" "$(expected "$family" closed)"
		ttr "$version" -q 1 -m 20 -w 1 www.example.net 25
		is "$device, IPv$family: dropped" "$(masked)" \
			"$(expected "$family" '' | sed 's/  T  T  T/  T/'; printf '19  *\n20  *')"
		is "$device, IPv$family: dropped, status" "$status" 1
		like "$device, IPv$family: dropped, message" "$err" $'\nDestination not reached$'
		if ! self_check; then
			ttr "$version" --json www.example.net 443,80
			is "$device, IPv$family: JSON" \
				"$(jq -c '[.ports[] | [.port, .state, .distance]]' <<<"$out")" '[[443,"open",19],[80,"closed",19]]'
		fi
		stop_pathsim
		rm -f "$pathsim_log"
	done
done

# --- on the wire -----------------------------------------------------------

for family in "${families[@]}"; do
	version=-$family
	target=198.51.100.10 header=20 window=64240
	[ "$family" = 4 ] || target=2001:db8:ff::10 header=40 window=64800
	self_check && version=-S
	start_pathsim "$long"
	capture_start h sim0 "tcp"
	ttr "$version" -n $target 443
	capture_stop 198.51.100.53
	stop_pathsim
	is "IPv$family, -n: nothing for the name server" "$(logged udp dport | grep -vx 9)" ''
	is "IPv$family: one sequence number in a flow" \
		"$(logged tcp sport seq | sort -u | count_lines)" "$(logged tcp sport | sort -u | count_lines)"
	is "IPv$family: all hops are probed" \
		"$(logged tcp ttl | sort -un | head -n 19 | tr '\n' ' ')" "$(seq 1 19 | tr '\n' ' ')"
	if [ "$family" = 4 ]; then
		is "IPv4: no IP ID twice" "$(logged tcp id | repeated_lines)" ''
	else
		is "IPv6: one flow label in a flow" \
			"$(logged tcp sport flow | sort -u | count_lines)" "$(logged tcp sport | sort -u | count_lines)"
	fi
	self_check && continue
	is "IPv$family: no time stamp twice in a flow" "$(logged tcp sport tsval | repeated_lines)" ''
	is "IPv$family: window, length, no data" "$(logged tcp win len data | sort -u)" "$window $((header + 40)) 0"
	is "IPv$family: the options of a current Linux" \
		"$(captured 'not (udp and dst port 9)' | grep -F 'Flags [S],' | grep -oE 'options \[.*\]' |
			sed -E 's/val [0-9]+/val N/' | sort -u)" \
		"options [mss $((1500 - header - 20)),sackOK,TS val N ecr 0,nop,wscale 7]"
	is "IPv$family: TTL 1 goes before TTL 19 in every flow" \
		"$(logged tcp ttl sport | awk '$1 == 1 { one[$2] = NR } $1 == 19 && !one[$2] { print }')" ''
	is "IPv$family: the port is the one that was said" \
		"$(logged tcp sport | sort -u | grep -cx "$(sed -n 's/.*, port \([0-9]*\) for.*/\1/p' <<<"$err")")" 1
done

if self_check; then
	done_testing
fi

# --- rows as they complete, signals ----------------------------------------

# row N of the text that was read, and how many complete lines there are
field() {
	jq -r "$1" <<<"$out"
}

start_pathsim "$long"
run_at h "$python" "$lab_source/tests/lib/reader.py" "$TTR" -q 1 www.example.net 443
is "rows come one by one: row 1 was read before row 19" \
	"$(field '(.lines | length) == 19 and .lines[0] < .lines[18]')" true

# The last rows wait for ten minutes: what is read before the signal was written
# while they were pending.
for family in 4 6; do
	for name in INT TERM; do
		number=2
		[ $name = INT ] || number=15
		run_at h "$python" "$lab_source/tests/lib/reader.py" --kill SIG$name '^18  ' \
			"$TTR" -$family -w 600 -m 25 www.example.net 25
		is "SIG$name, IPv$family: 18 rows before it, although row 19 is pending" \
			"$(field .before | mask_times)" "$(expected $family '')"
		is "SIG$name, IPv$family: dies of it" "$(field .signal)" $number
		like "SIG$name, IPv$family: what is known is shown, in order" "$(field .out | mask_times)" \
			"^$(expected $family '' | sed 's/[().[]/\\&/g')"
		run_at h "$python" "$lab_source/tests/lib/reader.py" --kill SIG$name '"ttl": ?18.*' \
			"$TTR" -$family -n --ndjson -q 1 -w 600 -m 25 www.example.net 25
		is "SIG$name, IPv$family: NDJSON, dies of it" "$(field .signal)" $number
		is "SIG$name, IPv$family: NDJSON, every line parses, the end says so" \
			"$(field .out | jq -sc '.[-1] | [.event, .interrupted]')" '["end",true]'
	done
done

# The document comes at the end as a whole: the signal is sent when the answer of
# hop 18 has been on the device.
# shellcheck disable=SC2317  # "wait_for" calls it
answered_18() {
	[ -n "$(captured "src host 203.0.113.18 or src host 2001:db8:1::12")" ]
}

for family in 4 6; do
	for name in INT TERM; do
		number=130
		[ $name = INT ] || number=143
		capture_start h sim0 'icmp or icmp6'
		spawn h env --default-signal=INT,TERM "$TTR" -$family -n --json -q 1 -w 600 -m 25 \
			www.example.net 25 >"$lab_dir/json.out" 2>/dev/null
		wait_for "hop 18" answered_18
		kill -$name "$spawned"
		wait "$spawned"
		is "SIG$name, IPv$family: JSON, dies of it" $? $number
		out=$(<"$lab_dir/json.out")
		is "SIG$name, IPv$family: JSON says so, with what is known" \
			"$(field '[.interrupted, .ports[0].hops[0].probes[0].reply]' | jq -c .)" '[true,"time-exceeded"]'
		end_process "$capture_pid"
	done
done

# A row is written when it is complete, not when the next one is: hop 3 waits.
sed '/^hop 3 /s/ rtt/ silent rtt/' "$long" >"$lab_dir/silent.path"
stop_pathsim
start_pathsim "$lab_dir/silent.path"
run_at h "$python" "$lab_source/tests/lib/reader.py" --kill SIGTERM '^ 2  ' \
	"$TTR" -4 -w 600 -m 25 www.example.net 25
is "rows 1 and 2 are there although row 3 is pending" \
	"$(field .before | mask_times)" "$(expected 4 '' | head -n 2)"
stop_pathsim

# --- faults of the machine -------------------------------------------------

start_pathsim "$long"

# injected ERROR WHEN: with this error from some of the sends. The first sends ask
# the kernel for the route.
injected() {
	run_at h strace -f -qq -o "$lab_dir/strace.out" -e trace=sendto,sendmsg,sendmmsg \
		-e "inject=sendto,sendmsg,sendmmsg:error=$1:when=$2" "$TTR" -n -q 1 198.51.100.10 443
}

without_names() {
	expected 4 open | sed -E 's/  T  T  T/  T/; s/  [^ ]* \(([^)]*)\)/  \1/'
}

for error in EAGAIN ENOBUFS EINTR; do
	for when in 12 12+7 12..14; do
		injected $error $when
		ok "$error at $when: was injected" grep -q INJECTED "$lab_dir/strace.out"
		is "$error at $when: every row is there" "$status,$(masked)" "0,$(without_names)"
	done
done
injected EAGAIN 12..40
is "EAGAIN at 12..40: every row is there" "$status,$(masked)" "0,$(without_names)"
injected ENOBUFS 12..40
is "ENOBUFS for long: the last row is there" "$status,$(masked | tail -n 1)" "0,$(without_names | tail -n 1)"
like "ENOBUFS for long: what was not sent is said" "$err" 'Warning: .*could not be sent'
injected EPERM 12
ok "EPERM once: was injected" grep -q INJECTED "$lab_dir/strace.out"
is "EPERM once: the trace goes on" "$status,$(wc -l <<<"$out")" 0,19

nft_at h <<-'END'
	table inet wall {
		chain out {
			type filter hook output priority 0
			meta l4proto tcp drop
		}
	}
END
for target in 198.51.100.10 2001:db8:ff::10; do
	ttr -n $target 443
	is "local firewall, $target: status 3" "$status" 3
	like "local firewall, $target: is named" "$err" 'firewall'
	ttr -n --json $target 443
	is "local firewall, $target, JSON: status 3" "$status" 3
	is "local firewall, $target, JSON: nothing, or a document" \
		"$(jq -c 'has("schema")' <<<"$out" | sort -u | sed 's/^true$//')" ''
done
stop_pathsim

done_testing
