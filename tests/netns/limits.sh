#!/bin/bash
# Real routers with the limits that Linux has by itself (traps T2): per prober six
# ICMP errors at once, then one a second (IPv6: as icmp.ratelimit says).
#
#  h ---- r1 ---- r2 ---- r3 ---- r4 ---- d      lab_chain; 80 open
#
# What is counted is how many errors each router made, in its own counters; a run
# that the limit robbed of answers must say so. No duration is asserted.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init limits
lab_chain
start_nginx d 80

# What this kernel has by itself, for IPv6: a namespace that nobody has changed.
ip netns add "$lab-new" && lab_nodes+=(new)
default6=$(ip netns exec "$lab-new" cat /proc/sys/net/ipv6/icmp/ratelimit)

# limit_routers IPV6-MS: the kernel's own values otherwise; the laboratory's nodes have none.
limit_routers() {
	local node
	for node in r1 r2 r3 r4; do
		at "$node" "$BASH" -c '
			cd /proc/sys/net
			echo 1000 >ipv4/icmp_ratelimit; echo 6168 >ipv4/icmp_ratemask
			echo 1000 >ipv4/icmp_msgs_per_sec; echo 50 >ipv4/icmp_msgs_burst
			echo '"$1"' >ipv6/icmp/ratelimit' || bail_out "cannot limit $node"
	done
}

# Cells of the routers' rows, one word each: answered, limited, or lost.
cells() {
	jq -r '[.ports[0].hops[] | select(.ttl < 5) | .probes[] |
		if .reply != "none" then "answered" elif .rate_limited then "limited" else "lost" end] |
		join(" ")' <<<"$1"
}

count_words() {
	tr ' ' '\n' <<<"$1" | grep -cx "$2"
}

# The wrong address is worse than a star.
addresses_of_hops() {
	jq -r '[.ports[0].hops[] | select(.ttl < 5) | .probes[].address // empty] | unique | length' <<<"$1"
}

for family in 4 6; do
	target=203.0.113.80
	[ $family = 4 ] || target=2001:db8:5::80
	# the same rate for both families: what IPv6 had before 6.x as well
	limit_routers 1000
	all=()
	# three traces in a row, as fast as they go
	for run in 1 2 3; do
		at h "$TTR" --json -n "$target" 80 >"$lab_dir/$run.json"
	done
	for run in 1 2 3; do
		out=$(<"$lab_dir/$run.json")
		all+=("$(cells "$out")")
		is "IPv$family, run $run: the destination" \
			"$(jq -c '[.ports[0] | .state, .distance]' <<<"$out")" '["open",5]'
		is "IPv$family, run $run: no star that is not the limit's" \
			"$(count_words "${all[-1]}" lost)" 0
		is "IPv$family, run $run: each router has one address" "$(addresses_of_hops "$out")" 4
	done
	note "${all[@]}"
	is "IPv$family: the first run is complete" "$(count_words "${all[0]}" answered)" 12
	is "IPv$family: the third is not" "$([ "$(count_words "${all[2]}" limited)" -ge 4 ] && echo so)" so
	is "IPv$family: all runs together got no less than the limit gives" \
		"$([ "$(count_words "${all[*]}" answered)" -ge 28 ] && echo so)" so
	is "IPv$family: no run asked a router more than six times" \
		"$(jq -s '[.[].ports[0].hops[] | select(.ttl < 5) | [.probes[].attempts] | add] | max <= 6' "$lab_dir"/?.json)" true
	# in text it looks as it always did
	ttr -n "$target" 80
	is "IPv$family: rows without any mark" \
		"$(grep -vE '^ [1-5]  ([0-9a-f.:]+( \[open\])?(  ?[0-9.]+ ms| \*)+|\* \* \*)$' <<<"$out")" ''
done

# IPv6 as the kernel has it: with 100 ms all three are answered but for what
# came faster than that.
limit_routers "$default6"
note "net.ipv6.icmp.ratelimit is $default6 by default"
sleep $((default6 * 6 / 1000 + 1)) # until the buckets are full again
for run in 1 2 3; do
	at h "$TTR" --json -n 2001:db8:5::80 80 >"$lab_dir/$run.json"
done
for run in 1 2 3; do
	out=$(<"$lab_dir/$run.json")
	is "IPv6, the kernel's defaults, run $run: the destination" \
		"$(jq -c '[.ports[0] | .state, .distance]' <<<"$out")" '["open",5]'
	is "IPv6, the kernel's defaults, run $run: no star that is not the limit's" \
		"$(count_words "$(cells "$out")" lost)" 0
	is "IPv6, the kernel's defaults, run $run: each router has one address" "$(addresses_of_hops "$out")" 4
	note "$(cells "$out")"
done
is "IPv6, the kernel's defaults: the first run is complete" \
	"$(count_words "$(cells "$(<"$lab_dir/1.json")")" answered)" 12

# With a time to wait that was asked for, the routers are asked again as their
# limit allows: all cells are filled.
target=203.0.113.80
ttr --json -n -q 5 "$target" 80
ttr --json -n -q 3 -w 9 "$target" 80
note "$(cells "$out")"
is "-w 9: complete, at the routers' pace" "$(count_words "$(cells "$out")" answered)" 12

# More queries than a burst: at the routers' pace. What finds an empty bucket are two
# trials each, and one that asks whether it is filled faster than once a second; not one
# cell stays empty.
limit_routers 1000
for family in 4 6; do
	target=203.0.113.80
	[ $family = 4 ] || target=2001:db8:5::80
	sleep 6 # until the buckets are full again
	ttr --json -n -q 10 "$target" 80
	is "IPv$family, -q 10: complete" "$(count_words "$(cells "$out")" answered)" 40
	is "IPv$family, -q 10: a router was asked no more than three times for nothing" \
		"$(jq '[.ports[0].hops[] | select(.ttl < 5) | [.probes[].attempts] | add] | max <= 13' <<<"$out")" true
	is "IPv$family, -q 10: the destination" \
		"$(jq -c '[.ports[0] | .state, .distance, (.hops[4].probes | length)]' <<<"$out")" '["open",5,10]'
	note "$(jq -c '[.ports[0].hops[] | [.probes[].attempts] | add]' <<<"$out")"
done

done_testing
