#!/bin/bash
# Tracing without privilege over real Linux routers, to real peers.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24
#
# d: nginx on port 80, port 81 is closed. r3 drops or rejects ports from 2000 on.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init unprivileged
self_check && skip_all "the original needs raw sockets"
lab_chain
start_dnsmasq both
start_nginx d 80

# shellcheck disable=SC2016  # jq expands it
facts='[.ports[] | {port, state, reached, distance, blocked,
	hops: [.hops[] | {ttl, probes: ([.probes[] | {reply, address, icmp_code, mark, flags}] | unique)}]}]'

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)

facts() {
	jq -cS "$facts" <<<"$out"
}

json_is() {
	is "$1" "$(jq -c "$2" <<<"$out" 2>&1)" "$3"
}

# as_nobody ARGUMENT...
as_nobody() {
	run_at h "${nobody[@]}" "$TTR" "$@"
}

# same NAME ARGUMENT...
same() {
	local name=$1
	shift
	ttr --json -n "$@"
	raw=$(facts)
	as_nobody --json -n "$@"
	is "$name: the same hops, states, distances" "$(facts)" "$raw"
	json_is "$name: mode" .mode '"unprivileged"'
}

# --- states, rows ----------------------------------------------------------

for family in 4 6; do
	target=203.0.113.80
	[ $family = 4 ] || target=2001:db8:5::80
	same "IPv$family, open" $target 80
	same "IPv$family, closed" $target 81
	same "IPv$family, a hop" -m 3 $target 80
	same "IPv$family, the next router's address" $(
		[ $family = 4 ] && echo 198.18.1.2 || echo 2001:db8:1::2) 81
	same "IPv$family, an own address" $([ $family = 4 ] && echo 198.18.1.1 || echo 2001:db8:1::1) 81
	ttr -$family www.example.net 80
	raw=$(mask_times <<<"$out")
	as_nobody -$family www.example.net 80
	is "IPv$family: the same rows" "$status,$(mask_times <<<"$out")" "0,$raw"
	is "IPv$family: the mode's line, then the header" "$(sed -E '1s/\([^)]*\)/(..)/' <<<"$err")" \
		"No raw sockets (..), tracing with connections: an open port accepts them, each may take another path, and what is rewritten is not seen
Selected device eth0, address $([ $family = 4 ] && echo 198.18.1.1 || echo 2001:db8:1::1) for outgoing packets
Tracing the path to www.example.net ($target) on TCP port 80 (http), 30 hops max"
done

# --- asked for, refused ----------------------------------------------------

ttr --unprivileged -n 203.0.113.80 80
is "--unprivileged as root: reached" "$status,$(wc -l <<<"$out")" 0,5
like "--unprivileged as root: said, without a remedy" "$err" '^Tracing with connections: '
as_nobody --require-raw 203.0.113.80 80
is "--require-raw without privilege: status, nothing on stdout" "$status,$out" 3,
like "--require-raw without privilege: the remedy" "$err" '^Got root\?.*setcap cap_net_raw\+p'
ttr --unprivileged --require-raw -n 203.0.113.80 80
is "the last of --unprivileged and --require-raw counts" "$status,$(grep -c connections <<<"$err")" 0,0

capture_start h eth0 tcp
for words in -A '-S -A' -E '--syn bare' '--isn rising' '--isn random' '-l 100' '-t 2' '-p 4000' '-P 4000' \
	--dnat --no-dnat-strict --changes; do
	# shellcheck disable=SC2086  # several words
	ttr --unprivileged $words 203.0.113.80 80
	is "--unprivileged $words: usage" "$status,$out,$(wc -l <<<"$err")" 2,,1
	like "--unprivileged $words: is named" "$err" "^$(sed -E 's/^-S //; s/^(-[ltpP]) .*/\1/' <<<"$words").* needs raw sockets"
	# shellcheck disable=SC2086
	as_nobody $words 203.0.113.80 80
	is "without privilege $words: status" "$status,$out,$(wc -l <<<"$err")" 3,,1
	like "without privilege $words: is named" "$err" '^Got root\?  -.* needs raw sockets.*setcap'
done
capture_stop
is "nothing was sent by them" "$(captured tcp)" ''

# --- on the wire -----------------------------------------------------------

# sent FILTER: how many SYNs of h
sent() {
	captured "tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn and ($1)" | wc -l
}
capture_start h eth0 tcp
as_nobody -n --json -t 184 -F -q 2 203.0.113.80 80
capture_stop
is "-t, -F: every SYN has them" "$(sent 'ip[1] = 184 and ip[6] & 0x40 != 0')" "$(sent 'tcp')"
is "SYNs on the wire and in JSON" "$(sent tcp)" "$(jq .probes_sent <<<"$out")"
is "each probe has a source port of its own" \
	"$(captured 'tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn' |
		grep -oE '198.18.1.1.[0-9]+ >' | sort | uniq -d)" ''
is "every connection is reset, none is left" \
	"$(at d ss -Htn 'sport = :80')" ''
capture_start h eth0 tcp
as_nobody -n --json -q 2 203.0.113.80 80
capture_stop
is "no -F: no SYN has the bit" "$(sent 'ip[6] & 0x40 != 0')" 0
is "a connection is made and reset" \
	"$(captured 'src host 198.18.1.1 and tcp[tcpflags] & tcp-rst != 0' | wc -l)" \
	"$(captured 'src host 203.0.113.80 and tcp[tcpflags] & (tcp-syn|tcp-ack) = (tcp-syn|tcp-ack)' | wc -l)"

lab_ip h <<<'addr add 198.18.1.77/24 dev eth0'
capture_start h eth0 tcp
as_nobody -n -s 198.18.1.77 -i eth0 203.0.113.80 80
capture_stop
is "-s, -i: reached from there" "$status,$(sent 'src host 198.18.1.77'),$(sent 'not src host 198.18.1.77')" \
	"0,$(sent tcp),0"
as_nobody -n -s 198.18.9.9 203.0.113.80 80
is "-s of somebody else: status" "$status,$out" 3,
as_nobody -n -i nosuch0 203.0.113.80 80
is "-i of nothing: status" "$status,$out" 3,

# --- rejected and dropped --------------------------------------------------

{
	printf '%s\n' 'table inet wall {' 'chain forward {' 'type filter hook forward priority 0'
	number=2000
	for reason in net-unreachable host-unreachable prot-unreachable port-unreachable net-prohibited \
		host-prohibited admin-prohibited; do
		echo "ip version 4 tcp dport $((number++)) reject with icmp $reason"
	done
	number=2010
	for reason in no-route admin-prohibited addr-unreachable port-unreachable; do
		echo "ip6 version 6 tcp dport $((number++)) reject with icmpv6 $reason"
	done
	echo 'tcp dport 2020 reject with tcp reset'
	echo 'tcp dport 2021 drop'
	printf '}\n}\n'
} | nft_at r3
for port in 2000 2001 2002 2003 2004 2005 2006; do
	same "rejected, port $port" -q 1 203.0.113.80 $port
	json_is "rejected, port $port: state" '.ports[0].state' '"unreachable"'
done
for port in 2010 2011 2012 2013; do
	same "rejected, IPv6, port $port" -q 1 2001:db8:5::80 $port
	json_is "rejected, IPv6, port $port: state" '.ports[0].state' '"unreachable"'
done
for target in 203.0.113.80 2001:db8:5::80; do
	same "$target, reset by a router" -q 1 $target 2020
	same "$target, dropped" -q 1 -m 8 $target 2021
	same "$target, many ports" -q 1 -m 8 $target 80,81
	# Who is behind a reset shows in its time to live, which sockets do not tell.
	ttr --json -n -q 1 -m 8 $target 80,2020
	raw=$(jq -c '[.ports[] | [.distance, [.hops[].probes[0] | [.address, .reply]]]]' <<<"$out")
	as_nobody --json -n -q 1 -m 8 $target 80,2020
	is "$target, a router's reset beside an open port: the same hops" \
		"$(jq -c '[.ports[] | [.distance, [.hops[].probes[0] | [.address, .reply]]]]' <<<"$out")" "$raw"
	json_is "$target, a router's reset: passes for the host's" '.ports[1].state' '"closed"'
done

# --- own ports and descriptors run out -------------------------------------

at h sysctl -qw net.ipv4.ip_local_port_range='40000 40007'
as_nobody -n --json 203.0.113.80 80
json_is "8 source ports: nothing is lost" \
	'.ports[0] | [.state, .distance, ([.hops[].probes[] | select(.reply == "none")] | length)]' '["open",5,0]'
at h sysctl -qw net.ipv4.ip_local_port_range='32768 60999'

# injected SYSCALL ERROR WHEN ARGUMENT...
injected() {
	run_at h strace -f -qq -o "$lab_dir/strace.out" -e trace="$1" \
		-e "inject=$1:error=$2:when=$3" "$TTR" --unprivileged --json -n "${@:4}"
}
# I23: the first sockets are the resolver's and the route's.
for error in EMFILE ENFILE ENOBUFS ENOMEM; do
	injected socket $error 20+5 203.0.113.80 80
	ok "I23: $error: was injected" grep -q INJECTED "$lab_dir/strace.out"
	json_is "I23: $error now and then: nothing is lost" \
		'.ports[0] | [.state, .distance, ([.hops[].probes[] | select(.reply == "none")] | length)]' '["open",5,0]'
	is "I23: $error: nothing else is said" "$(wc -l <<<"$err")" 1
done
injected connect EADDRNOTAVAIL 20+5 203.0.113.80 80
json_is "I23: no port now and then: nothing is lost" \
	'.ports[0] | [.state, .distance, ([.hops[].probes[] | select(.reply == "none")] | length)]' '["open",5,0]'
for call in connect recvmsg getsockopt epoll_wait; do
	injected $call EINTR 3+4 203.0.113.80 80
	json_is "I3: $call, EINTR: nothing is lost" '.ports[0] | [.state, .distance]' '["open",5]'
done
injected connect EPERM 1+1 203.0.113.80 80
is "I6: connections are forbidden: status" "$status" 3
like "I6: connections are forbidden: said" "$err" 'firewall of this machine'
injected connect ENETUNREACH 1+1 203.0.113.80 80
is "I7: no way: status" "$status" 3
like "I7: no way: said" "$err" 'No probe could be sent: Network is unreachable'

# --- I33, I34: the capability does not count; I40: an old kernel -----------

install -m 755 "$TTR" "$lab_dir/capable"
setcap cap_net_raw+p "$lab_dir/capable" || fail "setcap works"
plain=(setpriv --reuid 65534 --regid 65534 --clear-groups)
run_at h "${plain[@]}" "$lab_dir/capable" -n --json 203.0.113.80 80
json_is "the capability counts: raw" '[.mode, .ports[0].state]' '["raw","open"]'
# falls NAME COMMAND...
falls() {
	local name=$1
	shift
	run_at h "$@" "$lab_dir/capable" -n --json 203.0.113.80 80
	json_is "$name: unprivileged" '[.mode, .ports[0].state, .ports[0].distance]' '["unprivileged","open",5]'
	like "$name: says so" "$err" '^No raw sockets'
	run_at h "$@" "$lab_dir/capable" --require-raw -n --json 203.0.113.80 80
	is "$name: --require-raw, status" "$status,$out" 3,
}
falls "I33: no new privileges" "${plain[@]}" setpriv --no-new-privs
falls "I33: bounding set without it" setpriv --bounding-set=-net_raw --reuid 65534 --regid 65534 --clear-groups
falls "I33: nosuid mount" unshare -m "$BASH" -c \
	'mount --bind "$1" "$1" && mount -o remount,bind,nosuid "$1" && shift && exec "$@"' sh "$lab_dir" "${plain[@]}"
falls "I34: traced" "${plain[@]}" strace -f -qq -o /dev/null -e trace=none
run_at h "${nobody[@]}" strace -f -qq -o /dev/null -e trace=setsockopt \
	-e 'inject=setsockopt:error=ENOPROTOOPT' "$TTR" -n 203.0.113.80 80
is "I40: no error queue: status" "$status,$out" 3,
like "I40: no error queue: the reason" "$err" '^Connections do not see routers on this kernel: Linux 5.9'

done_testing
