# shellcheck shell=bash disable=SC2034  # used by those who source this
# A laboratory of network namespaces.
#
#   lab_init NAME       begin; everything is removed again at exit
#   lab_chain           host, four routers and a destination (picture below)
#   at NODE COMMAND...  run a command in a node
#   spawn NODE COMMAND...  the same in the background; its pid in $spawned
#   capture_start / capture_stop   what is on the wire
#
# Namespaces are called ttr-NAME-PID-NODE. Nothing is sent from the machine's
# own namespace, and only processes that the laboratory started are ended.

lab_source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$lab_source/tests/lib/tap.sh"

TTR=${TTR:-$lab_source/build/tcptraceroute}
PATHSIM=${PATHSIM:-$lab_source/build/subprojects/pathsim/pathsim}
original=/usr/bin/tcptraceroute.mt
python=/usr/bin/python3
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C PATH

lab_nodes=()
lab_pids=()
lab_home= # the process that keeps what h alone sees

# The same program on both sides: shows that the laboratory is deterministic.
self_check() {
	[ "$TTR" -ef "$original" ]
}

lab_init() {
	[ "$(id -u)" -eq 0 ] || bail_out "root is needed to make network namespaces"
	[ -x "$TTR" ] || bail_out "no program to test: $TTR"
	lab=ttr-$1-$$
	# Not /tmp: it may be mounted so that file capabilities do not count.
	lab_dir=$(mktemp -d "/var/tmp/$lab.XXXXXX")
	chmod 755 "$lab_dir"
	trap lab_fini EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	exec 0</dev/null
	lab_reach TTR
	mkfifo "$lab_dir/nothing"
	write_enter
}

# lab_reach VARIABLE: some programs are run as somebody else, who may not get into the source's
# directory, such as one in /root. Then the variable names a copy.
lab_reach() {
	local -n lab_file=$1
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$lab_file" && return
	cp "$lab_file" "$lab_dir/" || bail_out "no copy of $lab_file"
	lab_file=$lab_dir/${lab_file##*/}
	cd / || bail_out "no root directory"
}

lab_fini() {
	local status=$?
	trap '' HUP INT TERM
	lab_end_processes
	local node
	for node in "${lab_nodes[@]}"; do
		lab_end_namespace "$lab-$node"
	done
	rm -rf "$lab_dir"
	[ -n "$tap_done" ] || printf 'Bail out! ended early, status %d\n' "$status"
}

lab_end_processes() {
	local pid
	for pid in "${lab_pids[@]}"; do
		kill -CONT "$pid" 2>/dev/null
		kill "$pid" 2>/dev/null
	done
	for pid in "${lab_pids[@]}"; do
		wait "$pid" 2>/dev/null
	done
	lab_pids=()
}

# Whatever still lives in a namespace of ours was started by us.
lab_end_namespace() {
	local pid
	for pid in $(ip netns pids "$1" 2>/dev/null); do
		kill -KILL "$pid" 2>/dev/null
	done
	ip netns delete "$1" 2>/dev/null
}

# nap SECONDS, without a process for it: nobody writes there.
nap() {
	read -r -t "$1" <>"$lab_dir/nothing"
}

# Wait until a command succeeds; a minute is a bound, not an expectation.
# wait_for WHAT COMMAND...
wait_for() {
	local what=$1 end=$((SECONDS + 60))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || bail_out "waited in vain for $what"
		nap 0.02
	done
}

# text_of FILE: leaves it in $text, without its bytes 0, and their number in $zeros.
text_of() {
	local piece
	text='' zeros=0
	while IFS= read -r -d '' piece; do
		text+=$piece
		zeros=$((zeros + 1))
	done <"$1"
	text+=$piece
}

# says FILE TEXT
says() {
	text_of "$1"
	[[ $text == *"$2"* ]]
}

# --- nodes and links -------------------------------------------------------

lab_node() {
	local node
	for node; do
		ip netns add "$lab-$node" || bail_out "cannot make namespace $lab-$node"
		lab_nodes+=("$node")
		ip -n "$lab-$node" link set lo up
		ip netns exec "$lab-$node" "$BASH" "$lab_source/tests/lib/sysctl.sh"
		[ "$node" != h ] || settle
	done
}

# lab_link NODE DEVICE NODE DEVICE
lab_link() {
	ip link add name "$2" netns "$lab-$1" type veth peer name "$4" netns "$lab-$3" ||
		bail_out "cannot link $1 and $3"
	ip -n "$lab-$1" link set dev "$2" up
	ip -n "$lab-$3" link set dev "$4" up
}

# lab_ip NODE: lines of "ip" commands on standard input.
lab_ip() {
	ip -n "$lab-$1" -batch - || bail_out "cannot configure $1"
}

lab_address() {
	local node=$1 device=$2 address
	shift 2
	for address; do
		case $address in
		*:*) ip -n "$lab-$node" addr add "$address" dev "$device" nodad ;;
		*) ip -n "$lab-$node" addr add "$address" dev "$device" ;;
		esac || bail_out "cannot give $address to $node"
	done
}

#      198.18.1.0/24     198.18.2.0/24    10.0.3.0/24    198.18.4.0/24     203.0.113.0/24
#  h .1 ----------- .2 r1 .1 ------- .2 r2 .1 ----- .2 r3 .1 ------- .2 r4 .1 --------- .80 d
#
#  IPv6: 2001:db8:1::/64 to 2001:db8:5::/64 with the same numbers at the end.
#  Devices: "up" looks to h, "down" to d; h and d have "eth0".
#  d also has the addresses 203.0.113.81 to .99; r3's address is one of RFC 1918.
lab_chain() {
	local nets=('' 198.18.1 198.18.2 10.0.3 198.18.4 203.0.113)
	local nodes=(h r1 r2 r3 r4 d) i last
	lab_node "${nodes[@]}"
	for i in 1 2 3 4 5; do
		last=2
		[ "$i" -lt 5 ] || last=80
		chain_link "${nodes[i - 1]}" "${nodes[i]}" "${nets[i]}" "2001:db8:$i:" "$last"
	done
	for i in 1 2 3 4; do
		chain_routes "$i"
	done
	lab_ip h <<< $'route add default via 198.18.1.2\nroute add default via 2001:db8:1::2'
	lab_ip d <<< $'route add default via 203.0.113.1\nroute add default via 2001:db8:5::1'
	for i in $(seq 81 99); do
		printf 'addr add 203.0.113.%d/24 dev eth0\n' "$i"
		printf 'addr add 2001:db8:5::%d/64 dev eth0 nodad\n' "$i"
	done | lab_ip d
}

chain_link() {
	local left=$1 right=$2 left_device=down right_device=up
	[ "$left" != h ] || left_device=eth0
	[ "$right" != d ] || right_device=eth0
	lab_link "$left" "$left_device" "$right" "$right_device"
	lab_address "$left" "$left_device" "$3.1/24" "$4:1/64"
	lab_address "$right" "$right_device" "$3.$5/24" "$4:$5/64"
}

chain_routes() {
	local k=$1 j
	{
		for ((j = 1; j < k; j++)); do
			echo "route add ${nets[j]}.0/24 via ${nets[k]}.1"
			echo "route add 2001:db8:$j::/64 via 2001:db8:$k::1"
		done
		if [ "$k" -lt 4 ]; then
			echo "route add default via ${nets[k + 1]}.2"
			echo "route add default via 2001:db8:$((k + 1))::2"
		fi
	} | lab_ip "r$k"
}

# lab_row HOPS: h, r1, r2... and d, which is that far away.
#
#        10.9.1.0/24      10.9.2.0/24              10.9.HOPS.0/24
#  h .1 ------------ .2 r1 .1 ------- .2 r2 ... .1 -------------- .2 d
#
#  IPv6: 2001:db8:9:N::/64 with the same numbers at the end.
lab_row() {
	local hops=$1 i nodes=(h)
	for ((i = 1; i < hops; i++)); do
		nodes+=("r$i")
	done
	nodes+=(d)
	lab_node "${nodes[@]}"
	for ((i = 1; i <= hops; i++)); do
		lab_link "${nodes[i - 1]}" down "${nodes[i]}" up
	done
	for ((i = 0; i <= hops; i++)); do
		row_addresses "$i" "$hops" | lab_ip "${nodes[i]}"
	done
}

# What "ip" is told of the node with this number.
row_addresses() {
	local i=$1 next=$(($1 + 1))
	if [ "$i" -gt 0 ]; then
		printf 'addr add 10.9.%d.2/24 dev up\naddr add 2001:db8:9:%d::2/64 dev up nodad\n' "$i" "$i"
	fi
	if [ "$i" -lt "$2" ]; then
		printf 'addr add 10.9.%d.1/24 dev down\naddr add 2001:db8:9:%d::1/64 dev down nodad\n' "$next" "$next"
		printf 'route add default via 10.9.%d.2\nroute add default via 2001:db8:9:%d::2\n' "$next" "$next"
	fi
	if [ "$i" -gt 1 ]; then
		printf 'route add 10.9.1.0/24 via 10.9.%d.1\nroute add 2001:db8:9:1::/64 via 2001:db8:9:%d::1\n' "$i" "$i"
	fi
}

# --- commands in a node ----------------------------------------------------

# The node h has its own resolv.conf, hosts, nsswitch.conf: mounts that are private to the mount
# namespace that "ip netns exec" makes, and that a process keeps.
write_enter() {
	mkdir "$lab_dir/etc"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$lab_dir/etc/hosts"
	printf 'hosts: files dns\nservices: files\n' >"$lab_dir/etc/nsswitch.conf"
	: >"$lab_dir/etc/resolv.conf"
	cat >"$lab_dir/enter" <<-EOF2
		#!/bin/sh
		for f in hosts nsswitch.conf resolv.conf; do
			[ ! -e /etc/\$f ] || mount --bind "$lab_dir/etc/\$f" /etc/\$f || exit 125
		done
		echo settled
		exec sleep infinity
	EOF2
	chmod 755 "$lab_dir/enter"
}

settle() {
	ip netns exec "$lab-h" "$lab_dir/enter" >"$lab_dir/home" &
	lab_home=$!
	lab_pids+=("$lab_home")
	wait_for "the mounts of h" says "$lab_dir/home" settled
}

# The words that run a command in a node, in the array "inside".
inside() {
	local node=$1
	shift
	if [ "$node" = h ]; then
		inside=(nsenter --net="/proc/$lab_home/ns/net" --mount="/proc/$lab_home/ns/mnt" --wd=. "$@")
	else
		inside=(ip netns exec "$lab-$node" "$@")
	fi
}

at() {
	inside "$@"
	"${inside[@]}"
}

# "nsenter" and "ip netns exec" both end in exec: $! is the command itself.
spawn() {
	inside "$@"
	"${inside[@]}" &
	spawned=$!
	lab_pids+=("$spawned")
}

# end_process PID: ask it to end and wait for it.
end_process() {
	kill -TERM "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# Nothing takes that long; a program that hangs ends here, with status 124.
bound=(timeout -k 5 240)

# run_at NODE COMMAND...: leaves $out, $err and $status.
run_at() {
	local node=$1
	shift
	at "$node" "${bound[@]}" "$@" >"$lab_dir/run.out" 2>"$lab_dir/run.err"
	status=$?
	text_of "$lab_dir/run.out"
	out=${text%$'\n'}
	text_of "$lab_dir/run.err"
	err=${text%"${text##*[!$'\n']}"}
}

# The program under test, in h.
ttr() {
	run_at h "$TTR" "$@"
}

# Run something in h without any privilege.
unprivileged() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}

# --- servers ---------------------------------------------------------------

tcp_listening() {
	[ -n "$(ip netns exec "$lab-$1" ss -Hltn "sport = :$2")" ]
}

udp_bound() {
	[ -n "$(ip netns exec "$lab-$1" ss -Hlun "sport = :$2")" ]
}

# start_nginx NODE PORT...
start_nginx() {
	local node=$1 port
	shift
	{
		echo "daemon off; master_process off; user root; pid $lab_dir/nginx-$node.pid;"
		echo "error_log $lab_dir/nginx-$node.log; events { worker_connections 1024; }"
		echo "http { access_log off; server {"
		for port; do
			echo "listen $port; listen [::]:$port;"
		done
		echo "return 204; } }"
	} >"$lab_dir/nginx-$node.conf"
	spawn "$node" nginx -c "$lab_dir/nginx-$node.conf" -e "$lab_dir/nginx-$node.log" \
		2>"$lab_dir/nginx-$node.err"
	for port; do
		wait_for "nginx on port $port" tcp_listening "$node" "$port"
	done
}

# The names of the chain, in the form of /etc/hosts.
chain_names() {
	local i
	printf '%s\n' \
		'198.18.1.2 r1.example.net' '2001:db8:1::2 r1.example.net' \
		'198.18.2.2 r2.example.net' '2001:db8:2::2 r2.example.net' \
		'198.18.2.130 r2b.example.net' \
		'10.0.3.2 r3.example.net' '2001:db8:3::2 r3.example.net' \
		'198.18.4.2 r4.example.net' '2001:db8:4::2 r4.example.net' \
		'203.0.113.80 www.example.net' '2001:db8:5::80 www.example.net' \
		'203.0.113.81 four.example.net' '2001:db8:5::82 six.example.net' \
		'198.18.1.1 host.example.net' '2001:db8:1::1 host.example.net'
	for i in $(seq 83 99); do
		echo "203.0.113.$i host$i.example.net"
	done
}

# start_dnsmasq 4|both: at r1; h uses it. With 4: IPv4 addresses only.
start_dnsmasq() {
	chain_names | if [ "${1:-}" = 4 ]; then grep -v ^2001:; else cat; fi >"$lab_dir/names"
	spawn r1 dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --group=root \
		--pid-file="$lab_dir/dnsmasq.pid" --no-resolv --no-hosts --local=/#/ \
		--addn-hosts="$lab_dir/names" --bind-interfaces --listen-address=198.18.1.2 \
		--log-facility="$lab_dir/dnsmasq.log" 2>"$lab_dir/dnsmasq.err"
	use_nameserver 198.18.1.2
	wait_for "the name server" udp_bound r1 53
}

use_nameserver() {
	printf 'nameserver %s\n' "$1" >"$lab_dir/etc/resolv.conf"
}

# start_pathsim SCENARIO [OPTION...]: the simulated internet behind the device
# sim0 of h, with the scenario's name server; $pathsim_log is the log of packets.
start_pathsim() {
	[ -x "$PATHSIM" ] || bail_out "pathsim is not built: $PATHSIM"
	pathsim_log=$lab_dir/pathsim.log
	: >"$lab_dir/pathsim.out"
	rm -f "$pathsim_log"
	spawn h "$PATHSIM" --device sim0 --log "$pathsim_log" "${@:2}" "$1" \
		>"$lab_dir/pathsim.out" 2>"$lab_dir/pathsim.err"
	pathsim_pid=$spawned
	wait_for "pathsim" says "$lab_dir/pathsim.out" 'ready on'
	use_nameserver "$(awk '$1 == "nameserver" { print $2; exit }' "$1")"
}

# The log is complete afterwards.
stop_pathsim() {
	end_process "$pathsim_pid"
}

nft_at() {
	at "$1" nft -f - || bail_out "nft refused the rules of $1"
}

# --- the wire --------------------------------------------------------------

# capture_start NODE DEVICE [FILTER]: a marker to port 9 is let through as well.
capture_start() {
	local node=$1 device=$2 filter=${3:-ip or ip6}
	capture_node=$node
	capture_file=$lab_dir/capture.pcap
	rm -f "$capture_file"
	spawn "$node" tcpdump -i "$device" -U --immediate-mode -s 256 -B 8192 -w "$capture_file" \
		"($filter) or (udp and dst port 9)" 2>"$lab_dir/tcpdump.err"
	capture_pid=$spawned
	wait_for tcpdump says "$lab_dir/tcpdump.err" 'listening on'
}

# capture_stop [ADDRESS]: everything sent so far is in $capture_file afterwards,
# because a marker sent last has been seen in it.
capture_stop() {
	capture_marker=${1:-198.18.1.2}
	capture_looks=0
	wait_for "the capture's marker" marker_seen
	end_process "$capture_pid"
}

# Sent again now and then: a queue on its way may have been full.
marker_seen() {
	# shellcheck disable=SC2016  # the inner shell expands it
	((capture_looks++ % 25)) ||
		at "$capture_node" "$BASH" -c 'echo ttr-marker >"/dev/udp/$1/9"' - "$capture_marker"
	grep -qaF ttr-marker "$capture_file"
}

# captured [FILTER]: one line per packet, without the marker.
captured() {
	tcpdump -nn -tt -v -r "$capture_file" "${1:-not (udp and dst port 9)}" 2>/dev/null |
		sed -e ':a' -e '$!N' -e 's/\n[ \t]\+/ /' -e 'ta' -e 'P' -e 'D'
}

# --- text ------------------------------------------------------------------

# For sed. The original's may be negative.
mask_times='s/-?[0-9]+\.[0-9]+ ms/T/g'

mask_times() {
	sed -E "$mask_times"
}
