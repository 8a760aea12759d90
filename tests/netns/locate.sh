#!/bin/bash
# --locate against real Linux: 400 ports through firewalls of three kinds at three hops, both IP
# versions.
#
#  h ------- r1 ------- r2 ------- r3 ------- r4 ------- d
#                 drops     rejects    resets     80, 443 open, others closed
#               100-119     200-209    300-304

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init locate
lab_chain
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
		}
	}
END
start_nginx d 80 443

json_is() {
	is "$1" "$(jq -c "$2" <<<"$out" 2>&1)" "$3"
}

for family in 4 6; do
	target=203.0.113.80
	[ $family = 4 ] || target=2001:db8:5::80
	ttr -n --locate --json $target 80,443,1-79,81-400
	is "IPv$family: not every port was reached, status" "$status" 1
	json_is "IPv$family: open" '[.ports[] | select(.state == "open").port]' '[80,443]'
	json_is "IPv$family: dropped behind hop 2" \
		'[.ports[] | select(.blocked.how == "drop") | [.port, .state, .blocked.after_ttl]] |
			[length, (map(.[0]) | min, max), (map(.[1:]) | unique)]' \
		'[20,100,119,[["filtered",2]]]'
	json_is "IPv$family: rejected by hop 3" \
		'[.ports[] | select(.blocked.how == "reject") | [.port, .state, .blocked.after_ttl]] |
			[length, (map(.[0]) | min, max), (map(.[1:]) | unique)]' \
		'[10,200,209,[["unreachable",3]]]'
	json_is "IPv$family: all others are closed, or reset in the host's name" \
		'[.ports[] | select(.port >= 300 and .port <= 304) | .state | IN("closed", "filtered")] | all' \
		true
	json_is "IPv$family: the rows are those of one path" \
		'[.ports[] | select(.hops | length > 1)] | [length, (.[0].hops | length)]' '[1,5]'
	json_is "IPv$family: a place that is verified has its reference" \
		'[.ports[] | select(.blocked.how == "drop" and .verified) | .blocked.reference_port | IN(80, 443)] |
			[length > 0, all]' '[true,true]'
done

done_testing
