#!/bin/bash
# Which hop blocks which port: real Linux firewalls at three hops of one path.
#
#  h ---- r1 ---- r2 ---- r3 ---- r4 ---- d      lab_chain
#         |       |       |       |       80,443 open; 81,82 closed
#         |       |       |       reset 8081
#         |       |       drop 445,8443; reset 8080
#         |       reject 22 (admin-prohibited), 23 (port-unreachable)
#         drop 25
#
# A firewall at hop N stops what would go on: N is the last hop that sees the port.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init firewall
lab_chain
start_nginx d 80 443

filter() {
	nft_at "$1" <<-END
		table inet firewall {
			chain through {
				type filter hook forward priority 0
				$(printf '%s\n' "${@:2}")
			}
		}
	END
}

filter r1 'tcp dport 25 drop'
filter r2 'tcp dport 22 reject with icmpx type admin-prohibited' \
	'tcp dport 23 reject with icmpx type port-unreachable'
filter r3 'tcp dport { 445, 8443 } drop' 'tcp dport 8080 reject with tcp reset'
filter r4 'tcp dport 8081 reject with tcp reset'

ports=22,23,25,80,81,82,443,445,8080,8081,8443

# verdicts FILE: one line per port.
verdicts() {
	jq -r '.ports[] | [.port, .state, .distance // "-", .reached, (.blocked |
		if . == null then "-" else .how, .after_ttl, .before_ttl, .address // "-",
			.icmp_code // "-", (if .reference_port then "reference" else "alone" end), .verified
		end)] | map(tostring) | join(" ")' "$1"
}

# wanted ADDRESS-OF-r2 CODE-PROHIBITED CODE-PORT
wanted() {
	cat <<-END
		22 unreachable - true reject 2 3 $1 $2 reference true
		23 unreachable - true reject 2 3 $1 $3 reference true
		25 filtered - false drop 1 2 - - reference true
		80 open 5 true -
		81 closed 5 true -
		82 closed 5 true -
		443 open 5 true -
		445 filtered - false drop 3 4 - - reference true
		8080 filtered 4 true reset 3 4 - - reference true
		8081 filtered 5 true reset 4 5 - - reference true
		8443 filtered - false drop 3 4 - - reference true
	END
}

for family in 4 6; do
	target=203.0.113.80 r2=198.18.2.2 codes='13 3'
	[ $family = 4 ] || { target=2001:db8:5::80 r2=2001:db8:2::2 codes='1 4'; }
	# shellcheck disable=SC2086  # two numbers
	set -- $codes
	for options in '' '-q 3'; do
		# shellcheck disable=SC2086  # words
		at h "$TTR" --json -n $options "$target" "$ports" >"$lab_dir/out.json"
		is "IPv$family ${options:-one query}: every verdict, hop and code" \
			"$(verdicts "$lab_dir/out.json")" "$(wanted "$r2" "$1" "$2")"
	done
	ttr -n "$target" "$ports"
	out=$(tr -s ' \n' ' ' <<<"$out")
	is "IPv$family: not all reached, so status 1" "$status" 1
	like "IPv$family text: rejected by whom" "$out" \
		"22 ssh +unreachable +rejected \(!A\) by ${r2//./\\.} after hop 2; [0-9]+ goes on"
	like "IPv$family text: dropped where" "$out" "25 smtp +filtered +dropped after hop 1; [0-9]+ goes on"
	like "IPv$family text: alike ports share a line" "$out" '445,8443 +filtered +dropped after hop 3'
	like "IPv$family text: closed ports" "$out" '81,82 +closed +5 hops, '
	like "IPv$family text: the resets of a firewall" "$out" \
		"8080 [a-z-]+ +filtered +reset in the host's name after hop 3"
	ttr -n "$target" 25
	like "IPv$family: a port alone proves nothing" "$out" '30  \* \* \*'
	at h "$TTR" --json -n "$target" 25,445 >"$lab_dir/out.json"
	is "IPv$family: nobody arrives: the nearer one is judged by the farther one, that one by nobody" \
		"$(jq -c '.ports[] | [.port, .blocked.after_ttl, .blocked.reference_port, .blocked.doubt]' \
			"$lab_dir/out.json")" \
		'[25,1,445,null]
[445,3,null,"no-reference"]'
	at h "$TTR" --ndjson -n "$target" "$ports" >"$lab_dir/events"
	is "IPv$family events: the last word on each port is the document's" \
		"$(jq -cs 'map(select(.event == "port")) | group_by(.port) | map(last |
			[.port, .state, .blocked.how, .blocked.after_ttl])' "$lab_dir/events" | jq -c '.[]')" \
		"$(at h "$TTR" --json -n "$target" "$ports" |
			jq -c '.ports | sort_by(.port)[] | [.port, .state, .blocked.how, .blocked.after_ttl]')"
done

ttr -n -q 1 -m 1 203.0.113.80 1-1001
like "more than 1000 ports: a hint at --locate" "$err" 'Hint: the grid of 1001 ports .*--locate'
ttr -n -q 1 -m 1 203.0.113.80 1-1000
unlike "1000 ports: no hint" "$err" 'Hint'

# --- one port and two: the same members, the same meaning --------------------

shape() {
	jq -c --argjson port "$1" '[paths(scalars) as $p | $p | map(if type == "number" then 0 else . end)] |
		unique - [["ports", 0, "port"]] | map(join("."))' <(jq ".ports |= map(select(.port == $1))" "$2")
}

at h "$TTR" --json -n 203.0.113.80 80 >"$lab_dir/one.json"
at h "$TTR" --json -n 203.0.113.80 80,81 >"$lab_dir/two.json"
is "80 and 80,81: the same members" "$(shape 80 "$lab_dir/two.json")" "$(shape 80 "$lab_dir/one.json")"
same='.ports[] | select(.port == 80) | [.state, .reached, .distance, .blocked, (.hops | length),
	[.hops[].probes[] | [.reply, .address]]]'
is "80 and 80,81: the same meaning" "$(jq -c "$same" "$lab_dir/two.json")" "$(jq -c "$same" "$lab_dir/one.json")"

# --- with the limits that Linux has by itself ---------------------------------

for node in r1 r2 r3 r4; do
	at "$node" "$BASH" -c 'cd /proc/sys/net; echo 1000 >ipv4/icmp_ratelimit; echo 6168 >ipv4/icmp_ratemask
		echo 1000 >ipv4/icmp_msgs_per_sec; echo 50 >ipv4/icmp_msgs_burst'
done
at h "$TTR" --json -n 203.0.113.80 22,25,80,445 >"$lab_dir/out.json"
is "limited routers, four ports: states" \
	"$(jq -c '[.ports[].state]' "$lab_dir/out.json")" '["unreachable","filtered","open","filtered"]'
is "limited routers: a verified place is the right one" \
	"$(jq -c '[.ports[] | select(.blocked.verified) | [.port, .blocked.after_ttl]] -
		[[22,2],[25,1],[445,3]]' "$lab_dir/out.json")" '[]'
is "limited routers: the place is between its bounds" \
	"$(jq -c '{"22":2,"25":1,"445":3} as $at | [.ports[] | select(.blocked) |
		.blocked.after_ttl <= $at[.port | tostring] and
		(.blocked.before_ttl == null or .blocked.before_ttl > $at[.port | tostring])] | all' \
		"$lab_dir/out.json")" true

done_testing
