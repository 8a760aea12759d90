#!/bin/bash
# --locate against real Linux: 400 ports through firewalls of three kinds at three hops, two of
# which reject as well, both IP versions; then the same behind a NAT.
#
#  h ------- r1 ------- r2 ------- r3 ------- r4 ------- d
#      rejects    drops     rejects    resets     80, 443 open, others closed
#      210-211  100-119     200-209    300-304
#                                      rejects
#                                      220-221

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init locate
lab_chain
nft_at r1 <<-'END'
	table inet wall {
		chain pass {
			type filter hook forward priority 0
			tcp dport 210-211 reject with icmpx type port-unreachable
		}
	}
END
nft_at r2 <<-'END'
	table inet wall {
		chain pass {
			type filter hook forward priority 0
			tcp dport 100-119 drop
		}
	}
END
nft_at r3 <<-'END'
	table inet wall {
		chain pass {
			type filter hook forward priority 0
			tcp dport 200-209 reject with icmpx type admin-prohibited
		}
	}
END
nft_at r4 <<-'END'
	table inet wall {
		chain pass {
			type filter hook forward priority 0
			tcp dport 300-304 tcp flags syn reject with tcp reset
			tcp dport 220-221 reject with icmpx type no-route
		}
	}
END
start_nginx d 80 443

json_is() {
	is "$1" "$(jq -c "$2" <<<"$out" 2>&1)" "$3"
}

# check WHERE CODES [OPTION...]: what is found, along the same path.
check() {
	ttr -n --locate --json "${@:3}" $target 80,443,1-79,81-400
	is "$1: not every port was reached, status" "$status" 1
	json_is "$1: open" '[.ports[] | select(.state == "open").port]' '[80,443]'
	json_is "$1: dropped behind hop 2" \
		'[.ports[] | select(.blocked.how == "drop") | [.port, .state, .blocked.after_ttl]] |
			[length, (map(.[0]) | min, max), (map(.[1:]) | unique)]' \
		'[20,100,119,[["filtered",2]]]'
	json_is "$1: rejected by hops 1, 3 and 4" \
		'[.ports[] | select(.blocked.how == "reject") | [.blocked.after_ttl, .port, .state, .blocked.verified]] |
			group_by(.[0]) | map([.[0][0], (map(.[1]) | min, max), (map(.[2:]) | unique)])' \
		'[[1,210,211,[["unreachable",true]]],[3,200,209,[["unreachable",true]]],[4,220,221,[["unreachable",true]]]]'
	json_is "$1: each with its code" \
		'[.ports[] | select(.blocked.how == "reject") | [.blocked.after_ttl, .blocked.icmp_code]] | unique' "$2"
	json_is "$1: reset in the host's name behind hop 4, right before it" \
		'[.ports[] | select(.blocked.how == "reset") | [.port, .state, .blocked.after_ttl, .blocked.verified]] |
			[length, (map(.[0]) | min, max), (map(.[1:]) | unique)]' \
		'[5,300,304,[["filtered",4,true]]]'
	json_is "$1: all others are closed" '[.ports[] | select(.blocked | not) | .state] | unique' '["closed","open"]'
	json_is "$1: the rows are those of one path" \
		'[.ports[] | select(.hops | length > 1)] | [length, (.[0].hops | length)]' '[1,5]'
	json_is "$1: a place that is verified has its reference" \
		'[.ports[] | select(.blocked.how == "drop" and .verified) | .blocked.reference_port | IN(80, 443)] |
			[length > 0, all]' '[true,true]'
}

target=203.0.113.80
check "IPv4" '[[1,3],[3,13],[4,0]]'
target=2001:db8:5::80
check "IPv6" '[[1,4],[3,1],[4,0]]'

# Connection tracking translates what the quotes say. Without limits, which are shown above.
for router in r1 r2 r3 r4; do
	at $router sysctl -qw net.ipv4.icmp_ratelimit=0
done
nft_at r1 <<-'END'
	table inet hide {
		chain out {
			type nat hook postrouting priority 100
			oifname != "lo" masquerade
		}
	}
END
target=203.0.113.80
check "NAT, IPv4" '[[1,3],[3,13],[4,0]]' --hop-rate 100

done_testing
