#!/bin/bash
# The traps of concurrent TCP tracing that need a real kernel: source ports (T9), its resets (T10),
# connection tracking (T11), and what the link layer does (T12). The others are in tun/traps.sh.
#
#  h ---- r1 ---- r2 ---- r3 ---- r4 ---- d      lab_chain; 80 open, 25 dropped
#         |
#         T11: translates addresses, and drops what its tracking calls invalid
#
# What is counted are packets and answers; no duration is asserted.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init kerneltraps
lab_chain
start_nginx d 80
nft_at d <<< 'table inet silent { chain in { type filter hook input priority 0; tcp dport 25 drop; }; }'

target_of() {
	if [ "$1" = 4 ]; then echo 203.0.113.80; else echo 2001:db8:5::80; fi
}

ask() {
	jq -c "$1" <<<"$out" 2>&1
}

# Every cell of the last trace: the hop's addresses where they have to be, the port's state at 5.
path_is() {
	local routers='["198.18.1.2","198.18.2.2","10.0.3.2","198.18.4.2"]'
	[ "$2" = 4 ] || routers='["2001:db8:1::2","2001:db8:2::2","2001:db8:3::2","2001:db8:4::2"]'
	is "$1: port and distance" "$(ask '.ports[0] | [.state, .distance]')" "[\"$3\",5]"
	is "$1: every hop, once" "$(ask '[.ports[0].hops[:4][] | [.probes[].address] | unique | join(",")]')" "$routers"
	is "$1: the last row is the host's" "$(ask '[.ports[0].hops[4].probes[].address] | unique')" "[\"$(target_of "$2")\"]"
}

# --- T9: source ports are ours, and nobody else's ----------------------------

at h "$BASH" -c 'echo 40000 40199 >/proc/sys/net/ipv4/ip_local_port_range'
# Connections to the same host and port from ports of the same range, kept open meanwhile.
cat >"$lab_dir/hold.py" <<-'END'
	import socket, sys
	held = []
	for host in ("203.0.113.80", "2001:db8:5::80"):
	    held += [socket.create_connection((host, 80)) for _ in range(30)]
	print(" ".join(str(s.getsockname()[1]) for s in held), flush=True)
	sys.stdin.readline()
	alive = 0
	for s in held:
	    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
	    alive += s.recv(100).startswith(b"HTTP/1.1 204")
	print(alive, flush=True)
END
mkfifo "$lab_dir/go"
inside h "$python" "$lab_dir/hold.py"
"${inside[@]}" <"$lab_dir/go" >"$lab_dir/held" &
holder=$!
lab_pids+=("$holder")
exec 9>"$lab_dir/go"
wait_for 'the connections' test -s "$lab_dir/held"
capture_start h eth0 'tcp[tcpflags] & tcp-syn != 0 or (ip6 and tcp)'
for family in 4 6; do
	ttr --json -n "$(target_of "$family")" 80
	path_is "T9: IPv$family, beside connections to the same host" $family open
done
capture_stop
captured | grep -oE ' (198\.18\.1\.1|2001:db8:1::1)\.[0-9]+ > .*Flags \[S\]' |
	sed -E 's/ > .*//; s/.*\.//' | sort -u >"$lab_dir/used"
head -1 "$lab_dir/held" | tr ' ' '\n' | sort -u >"$lab_dir/theirs"
ok 'T9: probes were seen' test -s "$lab_dir/used"
is 'T9: no probe from the port of a connection' "$(comm -12 "$lab_dir/used" "$lab_dir/theirs")" ''
echo >&9
wait "$holder"
is 'T9: all connections live' "$(sed -n 2p "$lab_dir/held")" 60
exec 9>&-

# While it runs nobody else gets its port.
spawn h "$TTR" -n -w 5 203.0.113.80 25 >"$lab_dir/running.out" 2>"$lab_dir/running.err"
running=$spawned
wait_for 'the header' grep -q 'Tracing' "$lab_dir/running.err"
port=$(grep -oE 'port [0-9]+ for' "$lab_dir/running.err" | grep -oE '[0-9]+')
cat >"$lab_dir/bind.py" <<-'END'
	import errno, socket, sys
	s = socket.socket()
	try:
	    s.bind(("198.18.1.1", int(sys.argv[1])))
	    print("got it")
	except OSError as e:
	    print(errno.errorcode[e.errno])
END
is 'T9: the port is taken while the trace runs' "$(at h "$python" "$lab_dir/bind.py" "$port")" EADDRINUSE
end_process "$running"
is 'T9: and free afterwards' "$(at h "$python" "$lab_dir/bind.py" "$port")" 'got it'

# --- T11: connection tracking on the way ----------------------------------------

track() {
	nft_at r1 <<-END
		table ip nat { chain out { type nat hook postrouting priority 100; oifname "down" masquerade $1; }; }
		table ip6 nat { chain out { type nat hook postrouting priority 100; oifname "down" masquerade $1; }; }
		table inet strict {
			chain through {
				type filter hook forward priority 0
				ct state invalid counter drop
			}
		}
	END
}
for manner in '' random; do
	track "$manner"
	capture_start d eth0 'tcp'
	for family in 4 6; do
		for options in '' '-q 1' '-q 6' '--isn rising' '--isn random' '--syn bare'; do
			for state in open closed; do
				[ $state = open ] && port=80 || port=81
				# shellcheck disable=SC2086  # words
				ttr --json -n $options "$(target_of "$family")" $port
				path_is "T11: masquerade $manner, IPv$family $options, $state" $family $state
				is "T11: masquerade $manner, IPv$family $options, $state: quotes are translated back" \
					"$(ask '[.. | .field? // empty | select(. == "ip.src" or . == "tcp.sport")] | unique')" '[]'
			done
		done
	done
	capture_stop 203.0.113.1
	is "T11: masquerade $manner: the address was translated" \
		"$(captured | grep -cE '(198\.18\.1\.1|2001:db8:1::1)\.[0-9]+ > ')" 0
	is "T11: masquerade $manner: nothing was called invalid" \
		"$(at r1 nft list table inet strict | grep -oE 'packets [0-9]+')" 'packets 0'
	at r1 nft flush ruleset
done
# --- T10: the kernel's reset ---------------------------------------------------

for family in 4 6; do
	ttr --json -n "$(target_of "$family")" 80
	path_is "T10: IPv$family" $family open
	is "T10: IPv$family: nothing stays half-open" "$(at d ss -Htn state syn-recv)" ''
done
# A host whose own rules drop the reset: the SYN/ACK is repeated, for half a minute, and the path is
# the same.
nft_at h <<< 'table inet mute { chain out { type filter hook output priority 0; tcp flags & rst == rst counter drop; }; }'
for family in 4 6; do
	for state in open closed; do
		[ $state = open ] && port=80 || port=81
		ttr --json -n "$(target_of "$family")" $port
		path_is "T10: IPv$family, $state, resets dropped by the own host" $family $state
	done
done
not_ok 'T10: there were resets to drop' grep -q 'packets 0 ' <(at h nft list table inet mute)
at h nft delete table inet mute

# Rules of the own host come after the capture: what they drop was seen.
nft_at h <<< 'table inet deaf { chain in { type filter hook input priority 0; ct state invalid drop; ip protocol { icmp, tcp } drop; meta l4proto tcp drop; icmpv6 type { time-exceeded, destination-unreachable } drop; }; }'
for family in 4 6; do
	ttr --json -n "$(target_of "$family")" 80
	path_is "T11: IPv$family, answers dropped by the own host" $family open
done
at h nft flush ruleset

# --- T12: the link layer ----------------------------------------------------------

# Behind a bridge the device "any" sees every packet twice.
lab_ip h <<-END
	link add br0 type bridge
	link set br0 up
	link set eth0 master br0
	addr flush dev eth0
	addr add 198.18.1.1/24 dev br0
	addr add 2001:db8:1::1/64 dev br0 nodad
	route replace default via 198.18.1.2
	route replace default via 2001:db8:1::2
END
for device in br0 any; do
	for family in 4 6; do
		ttr --json -n -i $device "$(target_of "$family")" 80
		path_is "T12: IPv$family behind a bridge, -i $device" $family open
		is "T12: IPv$family behind a bridge, -i $device: no answer counts twice" \
			"$(ask '[.. | .duplicates? // empty] | length')" 0
	done
done

done_testing
