#!/bin/bash
# This side of the path fails in the middle of a trace: what went away is said, and
# is not called loss on the path.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24
#
# r4 drops port 2021, so that probes are open when the fault comes: rows 1 to 4 are
# there, row 5 waits. The trace is stopped while the fault is made, so that it finds it
# before its own time is over, however long that takes; where its probes do not wait for
# long, they are many and sent one by one. Nothing is asserted about times.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init faults
self_check && skip_all "the original stops at the first error"
lab_chain
start_nginx d 80
nft_at r4 <<-'END'
	table inet wall {
		chain forward {
			type filter hook forward priority 0
			tcp dport 2021 drop
		}
	}
END

json_is() {
	is "$1" "$(jq -c "$2" <<<"$out" 2>&1)" "$3"
}

# shellcheck disable=SC2317  # "wait_for" calls it
row_four() {
	text_of "$lab_dir/begun.out"
	[[ $text == *$'\n 4  '*$'\n' || $text == *'"ttl":4,'*'"reply"'* ]]
}

# begin ARGUMENT...: a trace whose row 4 has been printed, and that is stopped.
begin() {
	: >"$lab_dir/begun.out"
	spawn h "$TTR" -n -q 1 -m 8 "$@" >"$lab_dir/begun.out" 2>"$lab_dir/begun.err"
	begun=$spawned
	wait_for "row 4" row_four
	kill -STOP "$begun"
}

# The fault is there.
go_on() {
	kill -CONT "$begun"
}

said() {
	wait_for "$1" grep -q "$1" "$lab_dir/begun.err"
}

# over: $out, $err and $status of what was begun.
over() {
	wait "$begun"
	status=$?
	out=$(<"$lab_dir/begun.out")
	err=$(<"$lab_dir/begun.err")
}

restore() {
	at h ip link set eth0 up
	at h ip addr replace 198.18.1.1/24 dev eth0
	at h ip addr replace 2001:db8:1::1/64 dev eth0 nodad
	at h ip route replace default via 198.18.1.2
	at h ip -6 route replace default via 2001:db8:1::2
}

four_rows() {
	awk '{ printf "%s,", $1 }' <<<"$out"
}

# Without those that nobody answered.
known_rows() {
	awk '$2 != "*" { printf "%s,", $1 }' <<<"$out"
}

# A probe a second, in both modes: 26 s after row 4.
slowly=(-w 1 --window 1 -m 30)

# --- I7 to I12: device, address and route ----------------------------------

for mode in raw unprivileged; do
	how=()
	[ $mode = raw ] || how=(--unprivileged)
	for target in 203.0.113.80 2001:db8:5::80; do
		name="$mode, $target"

		begin "${how[@]}" -w 600 --ndjson $target 2021
		at h ip link set eth0 down
		go_on
		said 'interface eth0 is down; waiting'
		# The port is open from now on: whoever asks again is answered.
		at r4 nft flush chain inet wall forward
		restore
		over
		is "I9 $name, down and up: goes on and is reached" \
			"$status,$(tail -n 2 <<<"$out" | jq -sc '[.[0].state, .[0].distance]')" '0,["closed",5]'
		like "I9 $name, down and up: says so" "$err" 'The way out is back: going on by device eth0'
		at r4 nft add rule inet wall forward tcp dport 2021 drop

		begin "${how[@]}" "${slowly[@]}" $target 2021
		at h ip link set eth0 down
		go_on
		over
		is "I9 $name, down: status, rows that are known" "$status,$(known_rows)" 3,1,2,3,4,
		like "I9 $name, down: says so" "$err" $'\nThe interface eth0 is down'
		unlike "I9 $name, down: is not called unreachable" "$err" 'not reached'
		restore

		begin "${how[@]}" "${slowly[@]}" --max-time 8 $target 2021
		at h ip link set eth0 down
		go_on
		over
		is "I9 $name, down, --max-time: status, rows" "$status,$(known_rows)" 3,1,2,3,4,
		restore

		begin "${how[@]}" "${slowly[@]}" --ndjson $target 2021
		address=198.18.1.1/24
		[[ $target != *:* ]] || address=2001:db8:1::1/64
		at h ip addr del $address dev eth0
		go_on
		over
		is "I11 $name, address removed: status" "$status" 3
		like "I11 $name, address removed: says so" "$err" "source address ${address%/*} is lost"
		is "I11 $name, address removed: JSON" "$(tail -n 1 <<<"$out" | jq -c '[.event, .egress]')" '["end","lost"]'
		restore

		begin "${how[@]}" -w 600 --ndjson $target 2021
		at h ip addr del $address dev eth0
		go_on
		said 'source address .* is lost; waiting'
		at r4 nft flush chain inet wall forward
		restore
		over
		is "I11 $name, back in time: reached" \
			"$status,$(tail -n 2 <<<"$out" | jq -sc '[.[0].state, .[0].distance]')" '0,["closed",5]'
		at r4 nft add rule inet wall forward tcp dport 2021 drop

		begin "${how[@]}" -w 1 --window 1 --ndjson $target 2021
		other=198.18.1.99 version=-4
		[[ $target != *:* ]] || other=2001:db8:1::99 version=-6
		at h ip $version route replace default via $other
		go_on
		said 'egress changed'
		over
		is "I12 $name, another gateway: flagged" \
			"$status,$(tail -n 1 <<<"$out" | jq -c '[.event, .egress]')" '1,["end","changed"]'
		restore

		begin "${how[@]}" "${slowly[@]}" $target 2021
		at h ip $version route replace prohibit default
		[[ $target != *:* ]] && at h ip route del default via 198.18.1.2 2>/dev/null
		[[ $target == *:* ]] && at h ip -6 route del default via 2001:db8:1::2 2>/dev/null
		go_on
		over
		is "I7 $name, prohibited: status, rows that are known" "$status,$(known_rows)" 3,1,2,3,4,
		like "I7 $name, prohibited: the route is named" "$err" $'\nThe way out is lost: Permission denied'
		at h ip $version route del prohibit default
		restore
	done
done
for target in 203.0.113.80 2001:db8:5::80; do
	ttr -n --json $target 80
	json_is "afterwards, $target: as ever" '[.ports[0].state, .ports[0].distance, .egress]' '["open",5,null]'
done

# --- P6: an open port, and the kernel's word to it ------------------------------

for target in 203.0.113.80 2001:db8:5::80; do
	capture_start h eth0 tcp
	ttr -n --json -q 1 $target 80
	capture_stop
	json_is "P6 $target, SYN/ACK: open, reached" '.ports[0] | [.state, .reached, .distance]' '["open",true,5]'
	resets=$(captured tcp | grep -cE 'Flags \[R\]')
	ok "P6 $target, SYN/ACK: the kernel resets what it did not ask for" test "$resets" -ge 1
	is "P6 $target: no connection is left" "$(at d ss -Htn '( sport = :80 )')" ''
done

# --- I6, I8: what this machine does not send ------------------------------------

nft_at h <<-'END'
	table inet own {
		chain out {
			type filter hook output priority 0
			tcp dport 80 drop
		}
	}
END
for target in 203.0.113.80 2001:db8:5::80; do
	ttr -n $target 80
	is "I6 $target, the local firewall: status, nothing on stdout" "$status,$out" 3,
	like "I6 $target, the local firewall: is named" "$err" 'firewall of this machine'
done
at h nft delete table inet own
at h ip link set eth0 mtu 1400
ttr -n -F -l 1450 203.0.113.80 80
is "I8 larger than the MTU: status, nothing on stdout" "$status,$out" 3,
at h ip link set eth0 mtu 1500

# --- I18, I37: storms of valid answers -------------------------------------

# storm COUNT: an answer of r1's to the trace that was begun, again and again.
storm() {
	at r1 "$python" "$lab_source/tests/lib/replay.py" up "$capture_file" "$1" 198.18.1.2 >"$lab_dir/storm"
}

capture_start r1 up 'icmp'
spawn h "$TTR" -n -q 1 -m 8 -w 20 --json 203.0.113.80 2021 >"$lab_dir/begun.out" 2>"$lab_dir/begun.err"
begun=$spawned
# shellcheck disable=SC2317  # "wait_for" calls it
first_answered() {
	[ -n "$(captured 'icmp[0] == 11 and src host 198.18.1.2')" ]
}
wait_for "r1's answer" first_answered
kill -STOP "$begun"
storm 60000
kill -CONT "$begun"
over
end_process "$capture_pid"
json_is "I18 stopped in a storm: the hops are there" '[.ports[0].hops[:4][].probes[0].address]' \
	'["198.18.1.2","198.18.2.2","10.0.3.2","198.18.4.2"]'
json_is "I18 stopped in a storm: what was lost is counted, and flagged" '[.capture_dropped > 0, .incomplete]' '[true,true]'
like "I18 stopped in a storm: and said" "$err" 'Warning: packets that the capture lost: [0-9]+'

capture_start r1 up 'icmp'
spawn h "$TTR" -n -q 1 -m 8 -w 20 --json 203.0.113.80 2021 >"$lab_dir/begun.out" 2>"$lab_dir/begun.err"
begun=$spawned
wait_for "r1's answer" first_answered
storm 200000
like "I37 the storm was sent" "$(<"$lab_dir/storm")" '^sent [0-9]{5,}'
over
end_process "$capture_pid"
json_is "I37 a storm: the hops are there, and one answer each" '[.ports[0].hops[:4][].probes[0].address]' \
	'["198.18.1.2","198.18.2.2","10.0.3.2","198.18.4.2"]'
json_is "I37 a storm: copies are counted, up to what the counter holds" \
	'.ports[0].hops[0].probes[0].duplicates | . > 1000 and . <= 65535' true

# --- I16, I17: the name server ---------------------------------------------

use_nameserver 198.18.1.2 # nobody listens there
capture_start h eth0 'udp port 53 or icmp'
ttr -q 1 203.0.113.80 80
capture_stop
is "I16 no name server at the address: rows, status" "$status,$(four_rows)" 0,1,2,3,4,5,
is "I16 no name server at the address: two questions a name at most" \
	"$(captured 'dst port 53' | grep -oE 'PTR\? [^ ]+' | sort | uniq -c | awk '$1 > 2')" ''
resolv=$lab_dir/etc/resolv.conf
# check NAME: whatever stands in resolv.conf, rows are rows.
check() {
	run_at h "${@:2}" "$TTR" -q 1 --dns-wait 0.3 203.0.113.80 80
	is "I17 resolv.conf $1: rows, status" "$status,$(four_rows)" 0,1,2,3,4,5,
	unlike "I17 resolv.conf $1: no more than a line about it" "$err" $'\n.*\n.*\n.*\n'
}
: >"$resolv"
check empty
head -c 4096 "$(command -v ip)" >"$resolv"
check binary
yes 'nameserver 198.18.1.2 search example.net options ndots:15' | head -c 1000000 >"$resolv"
check "of 1 MB"
: >"$resolv"
chmod 000 "$resolv"
check unreadable setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all
chmod 644 "$resolv"

# --- I31: a busy machine ---------------------------------------------------

busy=()
for _ in $(seq "$(nproc)"); do
	spawn h "$BASH" -c 'while :; do :; done'
	busy+=("$spawned")
done
for mode in '' --unprivileged; do
	# shellcheck disable=SC2086  # none or one word
	run_at h nice -n 19 "$TTR" -n --json $mode 203.0.113.80 80
	json_is "I31 all processors busy, nice 19 $mode: no false loss" \
		'[.ports[0].state, ([.ports[0].hops[].probes[] | select(.reply == "none")] | length)]' '["open",0]'
done
for pid in "${busy[@]}"; do
	end_process "$pid"
done

# --- I10: the device is deleted --------------------------------------------

begin -w 600 203.0.113.80 2021
at h ip link del eth0
go_on
over
is "I10 deleted: status, rows that are known" "$status,$(four_rows)" 3,1,2,3,4,
like "I10 deleted: says so" "$err" 'interface eth0 is gone|capture on device eth0 has ended'

done_testing
