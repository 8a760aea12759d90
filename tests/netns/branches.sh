#!/bin/bash
# A balancer before two branches, one of which lets nothing through: ports differ by
# the branch that their flows take, and that is no filter on the port.
#
#                  .2 a .1
#            10.0.2/24   10.0.4/24
#   h ---- r1                    r2 ---- d
#   10.0.1/24                      203.0.113/24, 80-119 open
#            10.0.3/24   10.0.5/24
#                  .2 b .1
#                    drops all that would go on
#
#   IPv6: 2001:db8:N::/64 with the same numbers at the end; 203.0.113/24 is
#   2001:db8:13::/64. r1 balances by the flow's ports.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init branches
if self_check; then
	skip_all "the original traces one port"
fi
lab_node h r1 a b r2 d

# pair NODE DEVICE NODE DEVICE NET4 NET6 LAST: .1 and ::1 for the first
pair() {
	lab_link "$1" "$2" "$3" "$4"
	lab_address "$1" "$2" "$5.1/24" "$6::1/64"
	lab_address "$3" "$4" "$5.$7/24" "$6::$7/64"
}

pair h eth0 r1 up 10.0.1 2001:db8:1 2
pair r1 toa a up 10.0.2 2001:db8:2 2
pair r1 tob b up 10.0.3 2001:db8:3 2
pair a down r2 froma 10.0.4 2001:db8:4 2
pair b down r2 fromb 10.0.5 2001:db8:5 2
pair r2 down d eth0 203.0.113 2001:db8:13 80

lab_ip h <<<$'route add default via 10.0.1.2\nroute add default via 2001:db8:1::2'
lab_ip r1 <<-'END'
	route add default nexthop via 10.0.2.2 nexthop via 10.0.3.2
	route add default nexthop via 2001:db8:2::2 nexthop via 2001:db8:3::2
END
for branch in a b; do
	n=$([ $branch = a ] && echo 4 || echo 5)
	lab_ip $branch <<-END
		route add default via 10.0.$n.2
		route add default via 2001:db8:$n::2
		route add 10.0.1.0/24 via 10.0.$((n - 2)).1
		route add 2001:db8:1::/64 via 2001:db8:$((n - 2))::1
	END
done
lab_ip r2 <<<$'route add default via 10.0.4.1\nroute add default via 2001:db8:4::1'
lab_ip d <<<$'route add default via 203.0.113.1\nroute add default via 2001:db8:13::1'
at r1 "$BASH" -c 'cd /proc/sys/net; echo 1 >ipv4/fib_multipath_hash_policy; echo 1 >ipv6/fib_multipath_hash_policy'
nft_at b <<-'END'
	table inet firewall {
		chain through {
			type filter hook forward priority 0
			meta l4proto tcp drop
		}
	}
END
# shellcheck disable=SC2046  # numbers
start_nginx d $(seq 80 119)

for family in 4 6; do
	target=203.0.113.80 a=10.0.2.2 b=10.0.3.2
	[ $family = 4 ] || { target=2001:db8:13::80 a=2001:db8:2::2 b=2001:db8:3::2; }
	at h "$TTR" --json -n -q 1 "$target" 80-119 >"$lab_dir/out.json"
	ask() {
		jq -c --arg a $a --arg b $b "$1" "$lab_dir/out.json"
	}
	is "IPv$family: both branches are seen, each in the cells of its ports" \
		"$(ask '[.ports[].hops[1].probes[0].address] | unique == ([$a, $b] | sort)')" true
	is "IPv$family: what takes the open branch is open" \
		"$(ask '[.ports[] | select(.hops[1].probes[0].address == $a) | .state] | unique')" '["open"]'
	is "IPv$family: of what takes the dead one, some got through on other flows" \
		"$(ask '[.ports[] | select(.hops[1].probes[0].address == $b and .state == "open")] | length > 0')" true
	is "IPv$family: and their own flows are not shown behind it" \
		"$(ask '[.ports[] | select(.hops[1].probes[0].address == $b) |
			.hops[2].probes[0].reply] | unique')" '["none"]'
	is "IPv$family: silence there is not called limited" \
		"$(ask '[.ports[].hops[].probes[] | select(.rate_limited)] | length')" 0
	is "IPv$family: the rest is not verified: the paths differ" \
		"$(ask '[.ports[] | select(.state != "open") |
			[.state, .blocked.after_ttl, .blocked.verified, .blocked.doubt]] | unique -
			[["filtered", 2, false, "paths-differ"]]')" '[]'
	ttr -n -q 1 "$target" 80-119
	like "IPv$family text: both routers in one row" "$out" "a ($a|$b)"$'\n'" +b ($a|$b)"
	unlike "IPv$family text: nothing is said to be dropped for sure" "$out" 'dropped after hop [0-9]+; [0-9]+ goes on$'
done

done_testing
