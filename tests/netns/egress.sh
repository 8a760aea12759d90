#!/bin/bash
# Where probes leave and what is captured: route, sender, capture, source ports
# and privileges, without the engine (egress.c uses them).
#
#        10.0.1/24                 203.0.113/24
#   h eth0 .1 ------ .2 up r1 down .1 ------ .80 eth0 d
#     eth1 .1 ------ .2 up r2 down .1 ------ .80 eth1
#        10.0.2/24                 203.0.114/24
#     br0 (port eth2) .1 ---- .2 side r1      10.0.3/24
#     tun0 10.0.9.1 ---- 198.18.9/24, made-up hosts
#
#   IPv6: 2001:db8:N::/64 with the same numbers at the end; 203.0.113/24 is
#   2001:db8:13::/64, 203.0.114/24 is 2001:db8:14::/64. h's default route is r1.

EGRESS=${EGRESS:-$(realpath "$(dirname "$0")/../../build/tests/netns/egress")}
TTR=$EGRESS
# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init egress
lab_node h r1 r2 d

# pair NODE DEVICE NODE DEVICE IPV4-PREFIX IPV6-PREFIX LAST
pair() {
	lab_link "$1" "$2" "$3" "$4"
	lab_address "$1" "$2" "$5.1/24" "$6::1/64"
	lab_address "$3" "$4" "$5.$7/24" "$6::$7/64"
}

network() {
	pair h eth0 r1 up 10.0.1 2001:db8:1 2
	pair h eth1 r2 up 10.0.2 2001:db8:2 2
	pair r1 down d eth0 203.0.113 2001:db8:13 80
	pair r2 down d eth1 203.0.114 2001:db8:14 80
	lab_ip h <<< $'route add default via 10.0.1.2\nroute add default via 2001:db8:1::2'
	lab_ip r1 <<< $'route add default via 203.0.113.80\nroute add default via 2001:db8:13::80'
	lab_ip r2 <<< $'route add default via 203.0.114.80\nroute add default via 2001:db8:14::80'
	lab_ip d <<-'END'
		route add 10.0.1.0/24 via 203.0.113.1
		route add 10.0.2.0/24 via 203.0.114.1
		route add 2001:db8:1::/64 via 2001:db8:13::1
		route add 2001:db8:2::/64 via 2001:db8:14::1
	END
}

link_local() {
	ip -n "$lab-$1" -6 -o addr show dev "$2" scope link | awk '{ sub("/.*", "", $4); print $4 }'
}

# route_is NAME WANTED OPTION...
route_is() {
	local name=$1 wanted=$2
	shift 2
	ttr "${@:1:$#-1}" route ${!#}
	is "$name" "$out" "$wanted"
}

# probe_is NAME WANTED OPTION...: what a probe of each TTL shows, but not when. All that is
# wanted is waited for, and then for more of which there must not be any.
probe_is() {
	local name=$1 wanted=$2
	shift 2
	ttr -w 250 -c "$(($(wc -l <<< "$wanted") - 1))" "${@:1:$#-1}" probe ${!#}
	is "$name" "$(sort <<< "${out/dropped 0 /}")" "$(sort <<< "$wanted")"
}

# The answers of a path with one router, and a closed port behind it.
closed() {
	printf '%s\n' "out ttl 1 id 4201 tos ${3:-0}" "icmp 11/0 from $1 id 4201" \
		"out ttl 2 id 4202 tos ${3:-0}" "tcp flags 14 from $2" 'foreign 0 copies 0 reads few'
}

closed6() {
	printf '%s\n' 'out ttl 1 id 0 tos 0' "icmp 3/0 from $1 id 0" \
		'out ttl 2 id 0 tos 0' "tcp flags 14 from $2" 'foreign 0 copies 0 reads few'
}

# The same without a router: both probes arrive.
arrived() {
	local id1=${2:-4201} id2=${3:-4202}
	printf '%s\n' "out ttl 1 id $id1 tos 0" "tcp flags 14 from $1" \
		"out ttl 2 id $id2 tos 0" "tcp flags 14 from $1" "foreign 0 copies ${4:-0} reads few"
}

no_route() {
	echo "problem no-route $1 [$2] []"
}

# --- routes ----------------------------------------------------------------

plain_routes() {
	route_is 'the default route' 'source 10.0.1.1 device eth0 mtu 1500' '203.0.113.80 80'
	route_is 'the default route, IPv6' 'source 2001:db8:1::1 device eth0 mtu 1500' \
		'2001:db8:13::80 80'
	route_is '"any" restricts nothing' 'source 10.0.1.1 device eth0 mtu 1500' \
		-i any 203.0.113.80
	route_is 'a neighbour' 'source 10.0.2.1 device eth1 mtu 1500' 10.0.2.2
	lab_ip h <<< 'route add 198.51.100.1 via 10.0.2.2 mtu 1300'
	route_is "the route's MTU" 'source 10.0.2.1 device eth1 mtu 1300' 198.51.100.1
	probe_is 'probes take the default route' "$(closed 10.0.1.2 203.0.113.80)" 203.0.113.80
	probe_is 'and over IPv6' "$(closed6 2001:db8:1::2 2001:db8:13::80)" 2001:db8:13::80
	probe_is 'captured on all devices' "$(closed 10.0.1.2 203.0.113.80)" -i any 203.0.113.80
	# Neighbours may speak to each other at any time.
	ttr -w 250 -c 4 -n probe 203.0.113.80
	is 'and without a kernel filter' "$(sed 's/^dropped 0 //; s/foreign [0-9]*/foreign 0/' <<< "$out" | sort)" \
		"$(closed 10.0.1.2 203.0.113.80 | sort)"
}

own_addresses() {
	local own
	for own in 10.0.1.1 127.0.0.1 2001:db8:1::1 ::1; do
		route_is "$own is delivered on lo" "source $own device lo mtu 65536 local" $own
	done
	route_is '127.9.9.9 as well' 'source 127.0.0.1 device lo mtu 65536 local' 127.9.9.9
	route_is 'whatever -i says' 'source 10.0.1.1 device lo mtu 65536 local' -i eth1 10.0.1.1
	route_is 'and over IPv6' 'source 2001:db8:1::1 device lo mtu 65536 local' \
		-i eth1 2001:db8:1::1
	probe_is 'an own address: each packet once' "$(arrived 10.0.1.1)" 10.0.1.1
	probe_is 'with -i' "$(arrived 10.0.1.1)" -i eth1 10.0.1.1
	probe_is 'with -i any' "$(arrived 10.0.1.1)" -i any 10.0.1.1
	probe_is 'loopback' "$(arrived 127.0.0.1)" 127.0.0.1
	probe_is 'an own IPv6 address' "$(arrived 2001:db8:1::1 0 0)" 2001:db8:1::1
}

given_devices() {
	route_is '-i without a route there' 'source 10.0.2.1 device eth1 mtu 1500 bound' \
		-i eth1 203.0.113.80
	route_is '-i without a route there, IPv6' "$(no_route ENETUNREACH 2001:db8:13::80)" \
		-i eth1 2001:db8:13::80
	lab_ip h <<-'END'
		route add default via 10.0.2.2 metric 9999
		route add default via 2001:db8:2::2 metric 9999
	END
	probe_is '-i leads the probes' "$(closed 10.0.2.2 203.0.113.80)" -i eth1 203.0.113.80
	probe_is '-i over IPv6' "$(closed6 2001:db8:2::2 2001:db8:13::80)" -i eth1 2001:db8:13::80
	route_is '-i and -s' 'source 10.0.1.1 device eth1 mtu 1500 bound' \
		-i eth1 -s 10.0.1.1 203.0.113.80
	route_is '-i and -s, IPv6' 'source 2001:db8:1::1 device eth1 mtu 1500 bound' \
		-i eth1 -s 2001:db8:1::1 2001:db8:13::80
	route_is 'no such device' 'problem no-device ENODEV [nosuch] []' -i nosuch 203.0.113.80
	route_is 'a name that is too long' \
		'problem no-device ENODEV [abcdefghijklmnop] []' -i abcdefghijklmnop 203.0.113.80
	lab_ip h <<-'END'
		route del default via 10.0.2.2 metric 9999
		route del default via 2001:db8:2::2 metric 9999
	END
}

given_sources() {
	route_is '-s of another device' 'source 10.0.2.1 device eth0 mtu 1500' \
		-s 10.0.2.1 203.0.113.80
	route_is '-s of nobody here' 'problem source-foreign EADDRNOTAVAIL [10.0.2.9] []' \
		-s 10.0.2.9 203.0.113.80
	route_is '-s of nobody here, IPv6' \
		'problem source-foreign EADDRNOTAVAIL [2001:db8:2::9] []' \
		-s 2001:db8:2::9 2001:db8:13::80
	route_is "-s of a network's broadcast" \
		'problem source-foreign EADDRNOTAVAIL [10.0.2.255] []' -s 10.0.2.255 203.0.113.80
	route_is '-s of the other family' 'problem source-invalid EAFNOSUPPORT [2001:db8:2::1] []' \
		-s 2001:db8:2::1 203.0.113.80
	at h "$BASH" -c 'echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind'
	route_is 'also where the kernel would bind it' \
		'problem source-foreign EADDRNOTAVAIL [10.0.2.9] []' -s 10.0.2.9 203.0.113.80
	at h "$BASH" -c 'echo 0 >/proc/sys/net/ipv4/ip_nonlocal_bind'
}

link_locals() {
	local r1 own
	r1=$(link_local r1 up)
	own=$(link_local h eth0)
	route_is 'link-local without a device' "problem scope EINVAL [$r1] []" "$r1"
	route_is 'with a scope' "source $own device eth0 mtu 1500 bound" -S eth0 "$r1"
	route_is 'with -i' "source $own device eth0 mtu 1500 bound" -i eth0 "$r1"
	route_is 'scope and -i differ' "problem scope EINVAL [$r1] []" -S eth0 -i eth1 "$r1"
	route_is 'the own one' "source $own device lo mtu 65536 local" -S eth0 "$own"
	probe_is 'link-local probes' "$(arrived "$r1" 0 0)" -S eth0 "$r1"
	probe_is 'captured on all devices' "$(arrived "$r1" 0 0)" -S eth0 -i any "$r1"
	probe_is 'to the own one' "$(arrived "$own" 0 0)" -S eth0 "$own"
}

refusals() {
	local n
	lab_ip h <<-'END'
		route add blackhole 198.51.100.11
		route add prohibit 198.51.100.12
		route add unreachable 198.51.100.13
		route add throw 198.51.100.14
		route add blackhole 2001:db8:f::11
		route add prohibit 2001:db8:f::12
		route add unreachable 2001:db8:f::13
		rule add to 198.51.100.14 lookup 77 priority 100
		route add throw default table 77
		rule add to 198.51.100.15 prohibit priority 101
	END
	n=198.51.100
	route_is blackhole "$(no_route EINVAL $n.11)" $n.11
	route_is prohibit "$(no_route EACCES $n.12)" $n.12
	route_is unreachable "$(no_route EHOSTUNREACH $n.13)" $n.13
	route_is 'throw' "$(no_route ENETUNREACH $n.14)" $n.14
	route_is 'prohibited by a rule' "$(no_route EACCES $n.15)" $n.15
	n=2001:db8:f:
	route_is 'blackhole, IPv6' "$(no_route EINVAL $n:11)" $n:11
	route_is 'prohibit, IPv6' "$(no_route EACCES $n:12)" $n:12
	route_is 'unreachable, IPv6' "$(no_route EHOSTUNREACH $n:13)" $n:13
	for n in 10.0.1.255 224.0.0.1 255.255.255.255 0.0.0.0 ff02::1 ::; do
		route_is "$n is no target" "problem host-unusable EINVAL [$n] []" $n
	done
}

# Rules on ports and protocol do not apply to raw packets: they are handed to the
# gateway that a connection would use.
rules() {
	lab_ip h <<-'END'
		rule add ipproto tcp dport 443 lookup 100
		rule add from 10.0.2.1 lookup 100
		rule add tos 0x10 lookup 100
		route add default via 10.0.2.2 table 100
	END
	ip -n "$lab-h" -6 rule add ipproto tcp dport 443 lookup 100
	ip -n "$lab-h" -6 route add default via 2001:db8:2::2 table 100
	route_is 'no rule matches' 'source 10.0.1.1 device eth0 mtu 1500' '203.0.113.80 80'
	route_is 'a rule on the source' 'source 10.0.2.1 device eth1 mtu 1500' \
		-s 10.0.2.1 '203.0.113.80 80'
	route_is 'a rule on the port' \
		'source 10.0.1.1 device eth1 mtu 1500 bound gateway 10.0.2.2' \
		-s 10.0.1.1 '203.0.113.80 443'
	probe_is 'probes follow the source' "$(closed 10.0.2.2 203.0.113.80)" \
		-s 10.0.2.1 203.0.113.80
	probe_is 'probes follow the TOS' "$(closed 10.0.2.2 203.0.113.80 16)" -t 16 203.0.113.80
	probe_is 'probes follow the port' "$(closed 10.0.2.2 203.0.113.80)" '203.0.113.80 443'
	probe_is 'and over IPv6' "$(closed6 2001:db8:2::2 2001:db8:13::80)" '2001:db8:13::80 443'
	lab_ip h <<-'END'
		rule del ipproto tcp dport 443 lookup 100
		rule del from 10.0.2.1 lookup 100
		rule del tos 0x10 lookup 100
	END
	ip -n "$lab-h" -6 rule del ipproto tcp dport 443 lookup 100
}

# The device is the one that probes leave by, also where a hash decides.
several_ways() {
	local n seen='' devices=''
	lab_ip h <<< 'addr add 10.0.1.1/32 dev eth1'
	route_is 'one address on two devices' 'source 10.0.1.1 device eth1 mtu 1500' \
		-s 10.0.1.1 10.0.2.2
	lab_ip h <<< 'addr del 10.0.1.1/32 dev eth1'
	lab_ip h <<< 'route add 198.51.100.128/25 nexthop via 10.0.1.2 nexthop via 10.0.2.2'
	at h "$BASH" -c 'echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy'
	for n in $(seq 130 149); do
		ttr -m 1 -w 20 -c 1 probe "198.51.100.$n"
		[[ $out != *'out ttl 1'* ]] || seen+=x
		ttr route "198.51.100.$n"
		devices+="${out#*device } "
	done
	is 'every probe is seen on the device of its route' "${#seen}" 20
	like 'which is now this' "$devices" eth0
	like 'and now that' "$devices" eth1
}

source_specific() {
	ip -n "$lab-h" -6 route del default
	ip -n "$lab-h" -6 route add default from 2001:db8:2::/64 via 2001:db8:2::2
	ip -n "$lab-h" addr del 2001:db8:1::1/64 dev eth0
	route_is 'IPv6 routes for certain sources only' 'source 2001:db8:2::1 device eth1 mtu 1500' \
		2001:db8:13::80
	probe_is 'and the probes' "$(closed6 2001:db8:2::2 2001:db8:13::80)" 2001:db8:13::80
	lab_address h eth0 2001:db8:1::1/64
	ip -n "$lab-h" -6 route add default via 2001:db8:1::2
}

# --- link types ------------------------------------------------------------

tun() {
	ip -n "$lab-h" tuntap add tun0 mode tun
	ip -n "$lab-h" link set tun0 up
	lab_ip h <<< $'addr add 10.0.9.1/32 dev tun0\nroute add 198.18.9.0/24 dev tun0 src 10.0.9.1'
	route_is 'a TUN device that nobody serves' 'problem device-down ENETDOWN [tun0] []' \
		198.18.9.1
	spawn h "$python" "$lab_source/tests/lib/responder.py" tun0 198.18.9.1=closed \
		198.18.9.2=13@198.18.9.99 >"$lab_dir/responder"
	wait_for responder grep -q ready "$lab_dir/responder"
	route_is 'a TUN device' 'source 10.0.9.1 device tun0 mtu 1500' 198.18.9.1
	probe_is 'through it' "$(arrived 198.18.9.1)" 198.18.9.1
	probe_is 'on all devices' "$(arrived 198.18.9.1)" -i any 198.18.9.1
	probe_is 'rejected behind it' "$(printf '%s\n' 'out ttl 1 id 4201 tos 0' \
		'icmp 3/13 from 198.18.9.99 id 4201' 'out ttl 2 id 4202 tos 0' \
		'icmp 3/13 from 198.18.9.99 id 4202' 'foreign 0 copies 0 reads few')" 198.18.9.2
}

# On "any" each packet shows on the bridge and on its port.
bridge() {
	lab_link h eth2 r1 side
	lab_ip h <<-'END'
		link add br0 type bridge
		link set eth2 master br0
		link set br0 up
		addr add 10.0.3.1/24 dev br0
	END
	lab_ip r1 <<< 'addr add 10.0.3.2/24 dev side'
	probe_is 'over a bridge' "$(arrived 10.0.3.2)" 10.0.3.2
	ttr -w 250 -c 4 -i any probe 10.0.3.2
	is 'on all devices, every packet once' "$(grep -v ^dropped <<< "$out" | sort)" \
		"$(arrived 10.0.3.2 | grep -v ^foreign | sort)"
	# The kernel's RSTs to nobody's answers are not counted here: two probes, two answers.
	like 'and the copies are counted' "$out" 'copies [4-6] '
}

# A TCP segment (RST, ACK) in IPv4, in Python: segment(from, to, source port, target port).
segment='
import socket, struct, sys
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
def segment(source, target, *ports):
    tcp = struct.pack("!HHIIBBHHH", *ports, 1, 2, 0x50, 0x14, 0, 0, 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 7, 0, 64, 6, 0,
                     socket.inet_aton(source), socket.inet_aton(target))
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp
'

# tagged NODE DEVICE FROM TO SOURCE-PORT TARGET-PORT: one frame behind a VLAN tag.
tagged() {
	at "$1" "$python" -c "$segment"'
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
s.send(b"\xff" * 6 + b"\x02" * 6 + struct.pack("!HHH", 0x8100, 5, 0x0800) +
       segment(*sys.argv[2:4], *map(int, sys.argv[4:6])))' "${@:2}"
}

# watch_start OPTION...: leaves $watch_port; the output is in $lab_dir/watch.
watch_start() {
	spawn h "$TTR" "$@" watch 203.0.113.80 >"$lab_dir/watch"
	watcher=$spawned
	wait_for 'the capture' grep -q watching "$lab_dir/watch"
	watch_port=$(awk '/^watching/ { print $2 }' "$lab_dir/watch")
}

watch_end() {
	wait "$watcher"
	watched=$(grep -v ^watching "$lab_dir/watch")
}

vlan() {
	watch_start -w 250 -c 2
	tagged r1 up 203.0.113.80 10.0.1.1 80 "$watch_port"
	tagged r1 up 203.0.113.80 10.0.1.1 80 $((watch_port - 1))
	tagged h eth0 10.0.1.1 203.0.113.80 "$watch_port" 80
	tagged h eth0 203.0.113.80 10.0.1.1 80 "$watch_port"
	watch_end
	is 'behind a VLAN tag, coming in and going out' "$watched" \
		"$(printf '%s\n' 'tcp flags 14 from 203.0.113.80' 'tcp flags 14 from 203.0.113.80' \
			'dropped 0 foreign 0 copies 0 reads few')"
}

# --- faults ----------------------------------------------------------------

# asleep COUNT: that many answers come while the reader is stopped.
asleep() {
	watch_start -w 2500 -c 1
	kill -STOP "$watcher"
	at r1 "$python" -c "$segment"'
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
packet = segment("203.0.113.80", "10.0.1.1", 80, int(sys.argv[1]))
for _ in range(int(sys.argv[2])): s.sendto(packet, ("10.0.1.1", 0))' "$watch_port" "$1"
	kill -CONT "$watcher"
	watch_end
	unlike 'good time stamps' "$watched" 'bad stamp'
	kept=$(grep -c '^tcp flags 14' <<< "$watched")
	dropped=$(awk '/^dropped/ { print $2 }' <<< "$watched")
}

bursts() {
	# -q 10 for 255 hops has 2550 answers
	asleep 3000
	is 'a burst that the reader sleeps through' "$kept, $dropped lost" '3000, 0 lost'
	asleep 20000
	note "of 20000 kept $kept"
	is 'one that is too large: what is lost is counted' "$((kept + dropped))" 20000
	ok 'and it is not all' test "$kept" -ge 3000
}

queues() {
	at h tc qdisc add dev eth0 root tbf rate 64kbit burst 2000 limit 3000
	ttr -m 400 send 203.0.113.80 60
	like "the device's queue is full" "$out" $'^sent [0-9]+ then ENOBUFS\nwritable$'
	at h tc qdisc replace dev eth0 root tbf rate 10mbit burst 2000 limit 100000000
	ttr -m 20000 -w 10000 send 203.0.113.80 1500
	like "the socket's buffer is full" "$out" $'^sent [0-9]+ then EAGAIN\nfull\nagain$'
	at h tc qdisc del dev eth0 root
	ttr -m 1 send 203.0.113.80 1500
	is 'as long as the MTU' "$out" $'sent 1\nwritable'
	ttr -m 1 send 203.0.113.80 1501
	is 'longer' "$out" $'sent 0 then EMSGSIZE\nwritable'
	ttr -m 1 send 2001:db8:13::80 1501
	is 'longer, IPv6' "$out" $'sent 0 then EMSGSIZE\nwritable'
	nft_at h <<< $'table inet f {\nchain out {\ntype filter hook output priority 0\ntcp dport 80 drop\n}\n}'
	ttr -m 1 send 203.0.113.80 80
	is 'the local firewall' "$out" $'sent 0 then EPERM\nwritable'
	ttr -m 1 send 2001:db8:13::80 80
	is 'the local firewall, IPv6' "$out" $'sent 0 then EPERM\nwritable'
	nft_at h <<< 'flush ruleset'
}

no_capture() {
	at h "$BASH" -c 'echo 0 >/proc/sys/net/ipv4/conf/eth0/rp_filter'
	run_at h setpriv --bounding-set=-net_raw --inh-caps=-net_raw --ambient-caps=-all \
		"$TTR" probe 203.0.113.80
	like 'without the privilege' "$out" '^problem privilege EPERM'
}

devices_lost() {
	ip -n "$lab-r2" link set dev up down
	route_is 'no carrier' 'problem device-down ENETDOWN [eth1] []' 10.0.2.2
	route_is 'no carrier, with -i' 'problem device-down ENETDOWN [eth1] []' -i eth1 203.0.113.80
	ip -n "$lab-h" link set dev eth1 down
	route_is 'down, with -i' 'problem device-down ENETDOWN [eth1] []' -i eth1 203.0.113.80
	route_is 'down, by scope' 'problem device-down ENETDOWN [eth1] []' -S eth1 fe80::1
	spawn h "$TTR" -i any -w 600000 watch 203.0.113.80 >"$lab_dir/any"
	local any=$spawned
	watch_start -w 60000
	wait_for 'the other capture' grep -q watching "$lab_dir/any"
	ip -n "$lab-h" link set dev eth0 down
	wait_for 'down' grep -q ENETDOWN "$lab_dir/watch"
	lab_ip h <<< $'link set dev eth0 up\nroute add default via 10.0.1.2'
	wait_for 'up again' resumed
	ip -n "$lab-h" link set dev eth0 down
	wait_for 'down again' down_twice
	ip -n "$lab-h" link delete dev eth0
	watch_end
	is 'down, up, down and gone in mid-capture' "$(grep -v '^tcp' <<< "$watched")" \
		"$(printf '%s\n' 'problem capture-lost ENETDOWN [eth0] []' \
			'problem capture-lost ENETDOWN [eth0] []' \
			'problem capture-lost ENODEV [eth0] [The interface disappeared]' \
			'dropped 0 foreign 0 copies 0 reads few')"
	end_process "$any"
	unlike 'which "any" survives' "$(cat "$lab_dir/any")" problem
	route_is 'no route at all' "$(no_route ENETUNREACH 203.0.113.80)" 203.0.113.80
}

# shellcheck disable=SC2317  # wait_for calls it
resumed() {
	tagged r1 up 203.0.113.80 10.0.1.1 80 "$watch_port"
	grep -q '^tcp' "$lab_dir/watch"
}

# shellcheck disable=SC2317  # wait_for calls it
down_twice() {
	[ "$(grep -c ENETDOWN "$lab_dir/watch")" -eq 2 ]
}

# --- source ports ----------------------------------------------------------

drawing() {
	ttr draw 203.0.113.80 500
	is '500 different ports' "$(sort -u <<< "$out" | wc -l)" 500
	is 'of the range' "$(awk '$1 < 32768 || $1 > 60999' <<< "$out")" ''
	at h "$BASH" -c 'echo 40000 40019 >/proc/sys/net/ipv4/ip_local_port_range
		echo 40003-40010 >/proc/sys/net/ipv4/ip_local_reserved_ports'
	ttr draw 203.0.113.80 12
	is 'none that is reserved' "$(sort -n <<< "$out" | tr '\n' ' ')" \
		"$({ seq 40000 40002; seq 40011 40019; } | tr '\n' ' ')"
	ttr draw 203.0.113.80 13
	is 'none left' "$out" 'problem no-ports EADDRINUSE [] []'
	at h "$BASH" -c 'echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range
		echo >/proc/sys/net/ipv4/ip_local_reserved_ports'
	# shellcheck disable=SC2016  # the inner shell expands it
	run_at h "$BASH" -c 'ulimit -Sn 16; exec "$0" draw 203.0.113.80 200' "$TTR"
	is 'the soft limit of descriptors is raised' "$(wc -l <<< "$out")" 200
	# shellcheck disable=SC2016
	run_at h "$BASH" -c 'ulimit -n 100; exec "$0" draw 203.0.113.80 200' "$TTR"
	is 'the hard one is not' "$out" 'problem descriptors EMFILE [100] []'
	ttr draw 2001:db8:13::80 3
	is 'IPv6' "$(grep -c '^[0-9]*$' <<< "$out")" 3
	ttr -S eth0 draw "$(link_local r1 up)" 3
	is 'link-local' "$(grep -c '^[0-9]*$' <<< "$out")" 3
}

claiming() {
	spawn h "$TTR" -w 30000 claim 203.0.113.80 5000 >"$lab_dir/claim"
	wait_for 'the claim' grep -q claimed "$lab_dir/claim"
	ttr claim 203.0.113.80 5000
	is 'a port in use' "$out" 'problem port-in-use EADDRINUSE [] []'
	ttr -f claim 203.0.113.80 5000
	is 'forced' "$out" claimed
	end_process "$spawned"
	ttr claim 203.0.113.80 5000
	is 'given back' "$out" claimed
	ttr claim 203.0.113.80 80
	is 'root may have port 80' "$out" claimed
	run_at h "${nobody[@]}" "$TTR" claim 203.0.113.80 80
	is 'others may not' "$out" 'problem port-denied EACCES [] []'
	run_at h "${nobody[@]}" "$TTR" claim 203.0.113.80 5000
	is 'but port 5000' "$out" claimed
	run_at h "${nobody[@]}" "$lab_dir/suid" claim 203.0.113.80 80
	is 'also with a program that is set-user-ID root' "$out" 'problem port-denied EACCES [] []'
}

# The kernel answers a SYN/ACK to a reserved port with an RST, which clears the target.
resets() {
	start_nginx d 8080
	ttr -m 3 -w 300 -c 5 probe 203.0.113.80 8080
	like 'an open port' "$out" 'tcp flags 12 from 203.0.113.80'
	is 'is not left half-open' "$(at d ss -Htn state syn-recv)" ''
}

# --- privileges ------------------------------------------------------------

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)

privileged_files() {
	cp "$TTR" "$lab_dir/caps"
	cp "$TTR" "$lab_dir/suid"
	chmod 755 "$lab_dir/caps"
	chmod 4755 "$lab_dir/suid"
	setcap cap_net_raw=p "$lab_dir/caps"
}

states() {
	printf '%s\n' "init: ok $1 caps $2" "raise: ok $1 caps $3" "lower: ok $1 caps $4" \
		"drop: ok $1 caps =" "again: ok $1 caps ="
}

privileges() {
	local file
	for file in caps suid; do
		run_at h "${nobody[@]}" "$lab_dir/$file" privileges
		is "$file: raised for moments, then gone" "$out" \
			"$(states 'file uid other' cap_net_raw=p cap_net_raw=ep cap_net_raw=p)"
		run_at h "${nobody[@]}" "$lab_dir/$file" -w 250 -c 4 probe 203.0.113.80
		is "$file: enough to probe" "$(sort <<< "${out/dropped 0 /}")" \
			"$(closed 10.0.1.2 203.0.113.80 | sort)"
	done
	run_at h setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+net_raw \
		--ambient-caps=-all,+net_raw "$TTR" privileges
	is 'ambient: the own right of the caller' "$out" \
		"$(states 'uid other' cap_net_raw=eip cap_net_raw=eip cap_net_raw=eip)"
	run_at h "$TTR" privileges
	is 'root: the own right as well' "$(printf '%s\n' "$out" | sed 's/caps =ep.*/caps all/')" \
		"$(states 'uid 0' all all all | sed -E '/^(drop|again)/s/uid 0/uid other/')"
	run_at h "${nobody[@]}" "$TTR" privileges
	is 'nobody: nothing' "$out" "$(states 'uid other' = = =)"
	run_at h "${nobody[@]}" "$TTR" probe 203.0.113.80
	like 'and no probe' "$out" '^problem privilege EPERM'
}

network
privileged_files
plain_routes
own_addresses
given_devices
given_sources
link_locals
refusals
rules
several_ways
source_specific
tun
bridge
vlan
bursts
queues
no_capture
drawing
claiming
resets
privileges
devices_lost
done_testing
