#!/bin/bash
# Real Linux routers that rewrite: --changes and JSON say what, and the first hop that saw it.
#
#      198.18.1.0/24     198.18.2.0/24    10.0.3.0/24    198.18.4.0/24     203.0.113.0/24
#  h .1 ----------- .2 r1 .1 ------- .2 r2 .1 ----- .2 r3 .1 ------- .2 r4 .1 --------- .80 d
#    IPv6: 2001:db8:1::/64 to 2001:db8:5::/64 with the same numbers         80 open
#                              r2 forwards with another MSS, TOS, ECN, window, IP ID
#             r3 forwards to 203.0.113.81, port 8080, what is for .82, and keeps no memory of it:
#             with conntrack it would put the address back into the quotes

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init changes
lab_chain
nft_at r2 <<-'END'
	table inet rewriting {
		chain on {
			type filter hook forward priority 0
			tcp dport 80 tcp flags & (syn | ack) == syn tcp option maxseg size set 1380
			ip version 4 tcp dport 80 ip dscp set ef ip ecn set ce
			ip6 version 6 tcp dport 80 ip6 dscp set ef ip6 ecn set ce
			ip version 4 tcp dport 80 ip id set 4660
			tcp dport 80 tcp window set 1000
		}
	}
END
nft_at r3 <<-'END'
	table ip translation {
		chain on {
			type filter hook forward priority 0
			ip daddr 203.0.113.82 tcp dport 80 tcp dport set 8080 ip daddr set 203.0.113.81
		}
	}
END
start_nginx d 80

json_is() {
	is "$1" "$(jq -rc "$2" <<<"$out" 2>&1)" "$3"
}

changes() {
	sed -n 's/^      Detected change of //p' <<<"$out"
}

for family in 4 6; do
	last=203.0.113.80 mss=1460 window=64240 id=$'ip.id from N to 4660\n'
	if [ $family = 6 ]; then
		last=2001:db8:5::80 mss=1440 window=64800 id=
	fi
	ttr -n --changes $last 80
	is "IPv$family: reached" "$status" 0
	is "IPv$family: changes" "$(changes | sed -E 's/^(ip.id from) [0-9]+/\1 N/')" "\
ip.tos from 0x00 to 0xb8
ip.ecn from 0 to 3
${id}tcp.window from $window to 1000
tcp.mss from $mss to 1380"
	like "IPv$family: below the first row that saw it" "$out" \
		$'\n 3  [^\n]*\n      Detected change of ip.tos [^\\[]*\n 4  '
	ttr -n $last 80
	unlike "IPv$family: not without --changes" "$out" Detected
	is "IPv$family: rows as ever" "$(wc -l <<<"$out")" 5
	ttr -n --json $last 80
	json_is "IPv$family: JSON" '[.ports[0].hops[] | [.probes[0].changes // [] | .[] |
		select(.field != "ip.id") | [.field, .sent, .seen]]]' \
		"[[],[],$(for _ in 1 2; do
			printf '[["ip.tos",0,184],["ip.ecn",0,3],["tcp.window",%s,1000],["tcp.mss",%s,1380]],' \
				$window $mss
		done)[]]"
	json_is "IPv$family: JSON, the evidence is the number's" \
		'[.ports[0].hops[2].probes[] | .match] | unique' '["exact"]'
	ttr -n --changes $last 81
	is "IPv$family: another port is left alone" "$(changes)" ''
done
ttr -n --changes -m 4 203.0.113.82 80
like "DNAT: address and port" "$out" \
	$'\n 4  [^\n]*\n      Detected change of ip.dst from 203.0.113.82 to 203.0.113.81\n      Detected change of tcp.dport from 80 to 8080$'
ttr -n --ndjson -q 1 203.0.113.82 80
is "DNAT: NDJSON" "$(jq -c 'select(.event == "probe" and .ttl == 4) | .changes | map(select(.field |
	IN("ip.dst", "tcp.dport")))' <<<"$out")" \
	'[{"field":"ip.dst","sent":"203.0.113.82","seen":"203.0.113.81"},{"field":"tcp.dport","sent":80,"seen":8080}]'

done_testing
