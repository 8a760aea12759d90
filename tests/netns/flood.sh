#!/bin/bash
# Floods of forged answers during a trace: what it shows is the same, and it takes no more memory.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24
#
# r1 is where the flood comes from: whatever is in it has to be told from the real answers by what
# it holds. r4 drops port 2021, so that a trace is open for as long as the flood lasts. The rate that
# is reached on a busy machine does not matter here; "tests/bench/flood" prints it.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

FLOOD=${FLOOD:-$lab_source/build/tests/netns/flood}

lab_init flood
self_check && skip_all "the original takes what it gets"
lab_chain
start_nginx d 80
nft_at r4 <<-'END2'
	table inet wall {
		chain forward {
			type filter hook forward priority 0
			tcp dport 2021 drop
		}
	}
END2
count=300000
[ -z "${TEST_LONG:-}" ] || count=10000000

# flood_start KIND TARGET PORT RATE COUNT
flood_start() {
	local ours=198.18.1.1
	[[ $2 != *:* ]] || ours=2001:db8:1::1
	: >"$lab_dir/flood"
	spawn r1 "$FLOOD" "$1" $ours "$2" "$3" 40000 "$4" "$5" >"$lab_dir/flood"
	flooder=$spawned
	wait_for "the flood" grep -q flooding "$lab_dir/flood"
}

sent() {
	sed -n 's/^sent \([0-9]*\) .*/\1/p' "$lab_dir/flood"
}

# What is shown: all but times, and the lines of this machine's own loss.
facts() {
	jq -c '.ports[0] | [.state, .distance, [.hops[].probes[] | [.reply, .address, .martian]]]' <<<"$out"
}

routers='[.ports[0].hops[:4][].probes[0].address]'

# anonymous PID: kilobytes of its own memory
anonymous() {
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status"
}

for family in 4 6; do
	target=203.0.113.80
	[ $family = 4 ] || target=2001:db8:5::80
	# Of one source port, which they know; the numbers they have to guess.
	trace=(-n --json -p 40000 -m 8 $target)
	ttr "${trace[@]}" 80
	quiet=$(facts)
	path=$(jq -c "$routers" <<<"$out")
	like "P1, P2 IPv$family: the path" "$quiet" '^\["open",5,'
	# With the ring's room for half a second of them: nothing of what is real may be missing.
	flood_start forged $target 80 20000 100000000
	wrong=
	for turn in 1 2 3 4 5; do
		ttr "${trace[@]}" 80
		[ "$status,$(facts)" = "0,$quiet" ] || wrong+="$turn: $status, $(facts)"$'\n'
	done
	end_process "$flooder"
	is "P1, P2 IPv$family, a flood: five times the same path" "$wrong" ''
	ok "P1, P2 IPv$family, a flood: there was one" test "$(sent)" -gt 1000

	# As fast as can be: this machine may lose what is real, and has to say so; a row may then be
	# silent, but shows nobody who is not there.
	flood_start forged $target 80 1000000 100000000
	ttr "${trace[@]}" 80
	end_process "$flooder"
	note "$(grep sent "$lab_dir/flood"): status $status, $err"
	is "P1, P2 IPv$family, as fast as can be: nobody is shown who is not there" \
		"$(jq -r '.ports[0].hops[].probes[].address | values' <<<"$out" | sort -u |
			grep -vxF "$(jq -r '.[2][][1]' <<<"$quiet" | sort -u)")" ''
	said=$(jq -r '([.ports[0].hops[].probes[] | select(.reply == "none")] | length) == 0 or .incomplete == true' <<<"$out")
	is "P1, P2 IPv$family, as fast as can be: what is missing is said to be this machine's" "$said" true

	: >"$lab_dir/open.out"
	spawn h "$TTR" -n --ndjson -p 40000 -m 8 -q 1 -w 600 $target 2021 >"$lab_dir/open.out" 2>"$lab_dir/open.err"
	tracer=$spawned
	wait_for "row 4" grep -q '"event": *"hop".*"ttl": *4,' "$lab_dir/open.out"
	flood_start forged $target 2021 100000 1000
	wait "$flooder"
	before=$(anonymous "$tracer")
	flood_start forged $target 2021 100000 $count
	wait "$flooder"
	after=$(anonymous "$tracer")
	kill -TERM "$tracer"
	wait "$tracer"
	note "$(grep sent "$lab_dir/flood"): from $before kB to $after kB"
	ok "IPv$family: memory does not grow with what comes" test "$((after - before))" -le 64
	is "IPv$family: and the rows are right" \
		"$(jq -sc '[.[] | select(.event == "hop" and .ttl < 5).probes[0].address]' "$lab_dir/open.out")" "$path"

	# P42, P44: the flows of others stay in the kernel.
	flood_start foreign $target 80 50000 100000000
	ttr -d -n -q 1 -m 8 --max-time 5 $target 2021
	end_process "$flooder"
	like "P42, P44 IPv$family, a flood for others: not a packet of it is read" "$err" ', 0 foreign packets'
	ok "P42, P44 IPv$family, a flood for others: there was one" test "$(sent)" -gt 1000
done

done_testing
