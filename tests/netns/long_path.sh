#!/bin/bash
# A path as long as those of the real world, over real Linux routers: what is seen without
# privilege is what raw sockets see, and a thousand ports are not too many for it.
#
#   h .1 -- .2 r1 .1 -- .2 r2 ... .2 r18 .1 -- .2 d
#     10.9.1/24     10.9.2/24       10.9.19/24      19 hops, see lab.sh
#
# d: ports 80 and 443 are open, the others are closed. How long it takes is measured by
# "tests/bench/unprivileged".

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init longpath
self_check && skip_all "the original needs raw sockets"
lab_row 19
start_nginx d 80 443
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
# shellcheck disable=SC2016  # jq expands it
facts='[.ports[] | [.port, .state, .reached, .distance, [.hops[] | [.probes[] | [.reply, .address]] | unique]]]'

for family in 4 6; do
	net=10.9. end=.2
	[ $family = 4 ] || net=2001:db8:9: end=::2
	path=$(for i in $(seq 19); do printf '"%s%d%s",' $net "$i" $end; done)
	for port in 80 81; do
		ttr --json -n $net"19"$end $port
		raw=$(jq -c "$facts" <<<"$out")
		is "IPv$family, port $port, raw: 19 hops" \
			"$(jq -c '.ports[0] | [.distance, [.hops[].probes[0].address]]' <<<"$out")" "[19,[${path%,}]]"
		run_at h "${nobody[@]}" "$TTR" --json -n $net"19"$end $port
		is "IPv$family, port $port, unprivileged: the same hops, states, distances" \
			"$(jq -c "$facts" <<<"$out")" "$raw"
		is "IPv$family, port $port, unprivileged: mode" "$(jq -r .mode <<<"$out")" unprivileged
	done

	# As many descriptors as a shell has unless somebody says otherwise.
	# shellcheck disable=SC2016  # the inner shell expands it
	run_at h "$BASH" -c 'ulimit -n 1024; exec "$@"' shell "${nobody[@]}" \
		"$TTR" --json -n -q 1 $net"19"$end 80,443,1000-1997
	is "IPv$family, 1000 ports, 1024 descriptors: every hop of every port, every state" \
		"$(jq -c '.ports[] | [.state, .distance, [.hops[].probes[0].address]]' <<<"$out" | sort | uniq -c |
			sed 's/^ *//')" \
		"998 [\"closed\",19,[${path%,}]]
2 [\"open\",19,[${path%,}]]"
	is "IPv$family, 1000 ports, 1024 descriptors: nothing is said but the mode" "$(wc -l <<<"$err")" 1
done

done_testing
