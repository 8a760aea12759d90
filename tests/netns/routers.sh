#!/bin/bash
# Real routers, a real web server, a real name server: both IP versions, JSON,
# several ports, devices and addresses, privileges.
#
#      198.18.1.0/24     198.18.2.0/24    10.0.3.0/24    198.18.4.0/24     203.0.113.0/24
#  h .1 ----------- .2 r1 .1 ------- .2 r2 .1 ----- .2 r3 .1 ------- .2 r4 .1 --------- .80 d
#  | IPv6: 2001:db8:1::/64 to 2001:db8:5::/64 with the same numbers         80, 443 open
#  | eth1 .1 (the same address again) ---- 198.18.6.2 r1                    81 closed, 82 dropped
#  | vlan0 198.18.7.1 ---- .2 r1           macvlan0 198.18.1.50 on eth0
#
#  What goes to 203.0.113.98 or 2001:db8:5::98 is dropped at r1, before any answer.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init routers
lab_chain
nft_at d <<-'END'
	table inet silence {
		chain in {
			type filter hook input priority 0
			tcp dport 82 drop
		}
	}
END
nft_at r1 <<-'END'
	table inet silence {
		chain in {
			type filter hook prerouting priority 0
			ip daddr 203.0.113.98 drop
			ip6 daddr 2001:db8:5::98 drop
		}
	}
END
start_dnsmasq both
start_nginx d 80 443
start_nginx h 7777

json_is() {
	is "$1" "$(jq -rc "$2" <<<"$out" 2>&1)" "$3"
}

json_true() {
	is "$1" "$(jq -c "$2" <<<"$out" 2>&1)" true
}

rows_masked() {
	mask_times <<<"$1"
}

# --- text, both IP versions ------------------------------------------------

ttr www.example.net 80
is "IPv4 by default order, or IPv6: reached" "$status" 0
for family in 4 6; do
	last=203.0.113.80 prefix=198.18. third='10.0.3.2'
	if [ $family = 6 ]; then
		last=2001:db8:5::80 prefix=2001:db8: third='r3.example.net (2001:db8:3::2)'
	fi
	suffix=.2
	[ $family = 4 ] || suffix=::2
	ttr -$family www.example.net 80
	is "-$family: rows" "$(rows_masked "$out")" "\
 1  r1.example.net (${prefix}1$suffix)  T  T  T
 2  r2.example.net (${prefix}2$suffix)  T  T  T
 3  $third  T  T  T
 4  r4.example.net (${prefix}4$suffix)  T  T  T
 5  www.example.net ($last) [open]  T  T  T"
	is "-$family: status" "$status" 0
	like "-$family: header" "$err" \
		"^Selected device eth0, address [^ ]*1, port [0-9]+ for outgoing packets"$'\n'"Tracing the path to www.example.net \($last\) on TCP port 80 \(http\), 30 hops max"
	ttr -n "$last" 81
	like "IPv$family: closed" "$(tail -n 1 <<<"$out")" "^ 5  $last \[closed\]  [0-9.]+ ms  [0-9.]+ ms  [0-9.]+ ms$"
	is "IPv$family: closed is reached" "$status" 0
	ttr -n -m 6 -w 1 "$last" 82
	is "IPv$family: dropped, status" "$status" 1
	is "IPv$family: dropped, rows" "$(tail -n 2 <<<"$out")" $' 5  * * *\n 6  * * *'
	is "IPv$family: dropped, message" "$(tail -n 1 <<<"$err")" 'Destination not reached'
	ttr -n -m 3 "$last" 80
	is "IPv$family: -m 3" "$status,$(wc -l <<<"$out")" 1,3
done
ttr '[2001:db8:5::80]' 80
is "an IPv6 address in brackets" "$status" 0
ttr ::ffff:203.0.113.80 80
like "an IPv4-mapped address is IPv4" "$(tail -n 1 <<<"$out")" '203\.0\.113\.80\) \[open\]'
ttr four.example.net 81
like "a name with A alone" "$(tail -n 1 <<<"$out")" '203\.0\.113\.81'
ttr six.example.net 81
like "a name with AAAA alone" "$(tail -n 1 <<<"$out")" '2001:db8:5::82'
ttr -4 six.example.net 81
is "-4 of a name with AAAA alone" "$status" 3
ttr -6 four.example.net 81
is "-6 of a name with A alone" "$status" 3
for words in '-A' '-E' '-F' '-t 16' '-l 100' '--syn bare' '--isn rising' '--isn random' \
	'--track-port' '--window 3' '--max-time 60' '--color always'; do
	read -ra list <<<"$words"
	for family in 4 6; do
		ttr -$family "${list[@]}" -n -q 1 www.example.net 81
		is "-$family $words: five rows, closed" "$status,$(wc -l <<<"$out")" 0,5
	done
done

# --- JSON ------------------------------------------------------------------

# shellcheck disable=SC2016  # jq expands it
schema='
	def name: type == "string" and (test("[\\x00-\\x1f\\x7f]") | not);
	def whole: type == "number" and . == floor and . >= 0;
	def time: type == "number" and . >= 0;
	def probe:
		(.reply | IN("time-exceeded", "unreachable", "syn-ack", "rst", "tcp", "none")) and
		(.attempts | whole and . >= 1) and
		if .reply == "none" then (has("address") or has("rtt_ms") | not)
		else (.address | type == "string") and (.rtt_ms | time) and (.reply_ttl | whole) end and
		(if .reply == "unreachable" then (.icmp_code | whole) and (.mark | startswith("!")) else true end) and
		(if .reply == "tcp" then (.flags | type == "array") else true end) and
		(.name | . == null or name);
	def port($q):
		(.port | whole) and (.service | . == null or name) and (.source_port | . == null or whole) and
		(.state | IN("open", "closed", "unreachable", "filtered", "unknown")) and
		(.reached | type == "boolean") and (.distance | . == null or whole) and
		(.rtt_ms | . == null or time) and has("blocked") and
		([.hops[] | (.ttl | whole) and (.probes | length == $q) and ([.probes[] | probe] | all)] | all) and
		([.hops[].ttl] | . == sort and . == unique);
	(.schema == "tcptraceroute-1") and (.version | name) and
	(.started | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$")) and
	(.elapsed_ms | time) and (.interrupted == false) and (.host | name) and (.target | name) and
	(.family | IN(4, 6)) and (.source.address | name) and (.source.device | name) and (.mode == "raw") and
	(.first_ttl | whole) and (.max_ttl | whole) and (.queries | whole) and
	(.probes_sent | whole) and (.replies | whole) and (.capture_dropped == 0) and
	(.queries as $q | [.ports[] | port($q)] | all)'

for family in 4 6; do
	last=203.0.113.80 own=198.18.1.1
	addresses='["198.18.1.2","198.18.2.2","10.0.3.2","198.18.4.2","203.0.113.80"]'
	if [ $family = 6 ]; then
		last=2001:db8:5::80 own=2001:db8:1::1
		addresses='["2001:db8:1::2","2001:db8:2::2","2001:db8:3::2","2001:db8:4::2","2001:db8:5::80"]'
	fi
	ttr -$family --json www.example.net 80
	is "JSON IPv$family: status" "$status" 0
	json_true "JSON IPv$family: schema" "$schema"
	json_is "JSON IPv$family: addresses" '[.ports[0].hops[].probes[0].address]' "$addresses"
	json_is "JSON IPv$family: all queries agree" \
		'[.ports[0].hops[].probes | map(.address) | unique | length] | unique' '[1]'
	json_is "JSON IPv$family: name" '.ports[0].hops[1].probes[0].name' r2.example.net
	json_is "JSON IPv$family: who and where" '[.host, .target, .family, .source.address, .source.device]' \
		"[\"www.example.net\",\"$last\",$family,\"$own\",\"eth0\"]"
	json_is "JSON IPv$family: the port" '.ports[0] | [.port, .service, .state, .reached, .distance, .blocked]' \
		'[80,"http","open",true,5,null]'
	json_is "JSON IPv$family: replies" '[.ports[0].hops[].probes[0].reply]' \
		'["time-exceeded","time-exceeded","time-exceeded","time-exceeded","syn-ack"]'
	json_is "JSON IPv$family: reply TTLs" '[.ports[0].hops[].probes[0].reply_ttl]' '[64,63,62,61,60]'
	json_true "JSON IPv$family: probes sent" '.probes_sent >= 15'
	is "JSON IPv$family: one document, one line or many, nothing else" \
		"$(jq -s length <<<"$out")" 1
	ttr -$family --json www.example.net 81
	json_is "JSON IPv$family: closed" '.ports[0] | [.state, .reached, .distance, .hops[-1].probes[0].reply]' \
		'["closed",true,5,"rst"]'
	ttr -$family --json -m 6 -w 1 www.example.net 82
	json_true "JSON IPv$family: dropped, schema" "$schema"
	json_is "JSON IPv$family: dropped" '.ports[0] | [.state, .reached, .distance, .rtt_ms]' \
		'["filtered",false,null,null]'
	is "JSON IPv$family: dropped, status" "$status" 1
	black=203.0.113.98
	[ $family = 4 ] || black=2001:db8:5::98
	ttr --json -m 4 -w 1 $black 80
	json_true "JSON IPv$family: nothing answers, schema" "$schema"
	json_is "JSON IPv$family: nothing answers" '[.replies, .ports[0].state, ([.ports[0].hops[].probes[].reply] | unique)]' \
		'[0,"filtered",["none"]]'
	ttr -$family --json www.example.net 80,81,443
	is "JSON IPv$family, three ports: status" "$status" 0
	json_true "JSON IPv$family, three ports: schema" "$schema"
	json_is "JSON IPv$family, three ports: states" '[.ports[] | [.port, .state, .distance]]' \
		'[[80,"open",5],[81,"closed",5],[443,"open",5]]'
	json_is "JSON IPv$family, three ports: addresses" '[.ports[] | [.hops[].probes[].address] | unique | length] | unique' '[5]'
done
ttr -n --json 203.0.113.80 80
json_is "JSON -n: no names" '[.ports[].hops[].probes[].name | strings]' '[]'
ttr --json -f 2 -m 4 -q 2 203.0.113.80 80
json_is "JSON: first, last, queries" '[.first_ttl, .max_ttl, .queries, [.ports[0].hops[].ttl]]' '[2,4,2,[2,3,4]]'
ttr --json -w 1 -m 6 203.0.113.80 80,82
json_is "JSON: one of two ports reached" '[.ports[] | [.port, .reached]]' '[[80,true],[82,false]]'
is "one of two ports reached: status" "$status" 1
ttr --json 203.0.113.80 443,80-81,https,80
json_is "ports: a range, a name, duplicates once" '[.ports[].port] | sort' '[80,81,443]'
ttr www.example.net 80,81,443
is "text, three ports: status" "$status" 0
for word in '\[?open\]?' '\[?closed\]?'; do
	like "text, three ports: $word" "$out" "$word"
done

# --- NDJSON ----------------------------------------------------------------

for family in 4 6; do
	ttr -$family --ndjson www.example.net 80,81
	is "NDJSON IPv$family: every line is an object with event, host and target" \
		"$(jq -c 'select(has("event") and has("host") and has("target") | not)' <<<"$out" 2>&1)" ''
	is "NDJSON IPv$family: as many lines as objects" "$(jq -c . <<<"$out" | wc -l)" "$(wc -l <<<"$out")"
	events=$(jq -r .event <<<"$out")
	is "NDJSON IPv$family: start comes first, once" "$(grep -n '^start$' <<<"$events")" 1:start
	is "NDJSON IPv$family: end comes last, once" "$(grep -n '^end$' <<<"$events")" "$(wc -l <<<"$events"):end"
	is "NDJSON IPv$family: no other event" "$(sort -u <<<"$events" | tr '\n' ' ')" 'end hop port probe start '
	is "NDJSON IPv$family: hops in order" \
		"$(jq -c 'select(.event == "hop" and .port == 80) | .ttl' <<<"$out" | tr '\n' ' ')" '1 2 3 4 5 '
	is "NDJSON IPv$family: a hop comes after its probes" "$(jq -nc '
		[inputs] | to_entries | [.[] | select(.value.event == "hop") | . as $hop |
			($hop.value.probes | length == 3)] | all' <<<"$out")" true
	is "NDJSON IPv$family: verdicts" \
		"$(jq -c 'select(.event == "port") | [.port, .state, .distance]' <<<"$out" | sort | tr '\n' ' ')" \
		'[80,"open",5] [81,"closed",5] '
done

# --- devices and addresses -------------------------------------------------

selected() {
	sed -n -E 's/^Selected device ([^,]*), address ([^,]*),? .*/\1 \2/p' <<<"$err"
}

ttr -i eth0 203.0.113.80 80
is "-i: the device" "$status,$(selected)" '0,eth0 198.18.1.1'
ttr -i any 203.0.113.80 80
is "-i any: reached" "$status" 0
is "-i any: rows" "$(rows_masked "$out" | wc -l)" 5
ttr -i any 2001:db8:5::80 80
is "-i any, IPv6: reached, five rows" "$status,$(wc -l <<<"$out")" 0,5
lab_ip h <<-'END'
	addr add 198.18.1.100/24 dev eth0
	addr add 2001:db8:1::100/64 dev eth0 nodad
END
ttr -s 198.18.1.100 203.0.113.80 80
is "-s" "$status,$(selected)" '0,eth0 198.18.1.100'
ttr -s 2001:db8:1::100 2001:db8:5::80 80
is "-s, IPv6" "$status,$(selected)" '0,eth0 2001:db8:1::100'
ttr -s 2001:db8:1::100 203.0.113.80 80
like "-s of the other family: refused" "$status,$out" '^[23],$'

for address in 198.18.1.1 127.0.0.1 2001:db8:1::1 ::1; do
	for port in 7777 7778; do
		state=open
		[ $port = 7777 ] || state=closed
		ttr -n "$address" $port
		is "own address $address, $state: one row" \
			"$status,$(rows_masked "$out")" "0, 1  $address [$state]  T  T  T"
		is "own address $address, $state: device" "$(selected | cut -d' ' -f1)" lo
	done
done

link_local=$(ip -n "$lab-r1" -6 -o addr show dev up scope link | awk '{ sub(/\/.*/, "", $4); print $4; exit }')
ttr -n "$link_local%eth0" 81
is "link-local address with a scope" "$status,$(wc -l <<<"$out")" 0,1
like "link-local address: its row" "$out" "^ 1  $link_local(%eth0)? \[closed\]  "
ttr -n --json "$link_local%eth0" 81
json_is "link-local address: JSON" '.ports[0].state' closed
ttr "$link_local" 81
is "link-local address without a scope: refused" "$status,$out" 3,
ttr "$link_local%nosuch0" 81
like "link-local address with a wrong scope: refused" "$status,$out" '^[23],$'

# Two devices with one address: the route decides, not the address.
lab_link h eth1 r1 up2
lab_address r1 up2 198.18.6.2/24
lab_ip h <<-'END'
	addr add 198.18.1.1/32 dev eth1
	route add 198.18.6.2/32 dev eth1 src 198.18.1.1
	route add 203.0.113.86/32 via 198.18.6.2 dev eth1 src 198.18.1.1
END
lab_ip r1 <<< 'route add 198.18.1.1/32 dev up2'
ttr -n 203.0.113.86 81
is "two devices with one address" "$status,$(selected),$(wc -l <<<"$out")" '0,eth1 198.18.1.1,5'
lab_ip r1 <<< 'route del 198.18.1.1/32 dev up2'
ip -n "$lab-h" link del eth1

# A source address of another device than the route's: the kernel's own choice.
lab_node side
lab_link h eth2 side eth0
lab_address h eth2 198.18.9.1/24
lab_address side eth0 198.18.9.2/24
ttr -n 198.18.9.2 81
is "a neighbour on another device" "$status,$(selected)" '0,eth2 198.18.9.1'

if ip -n "$lab-h" link add link eth0 name vlan0 type vlan id 7 2>/dev/null; then
	ip -n "$lab-r1" link add link up name vlan0 type vlan id 7
	ip -n "$lab-h" link set vlan0 up
	ip -n "$lab-r1" link set vlan0 up
	lab_address h vlan0 198.18.7.1/24
	lab_address r1 vlan0 198.18.7.2/24
	lab_ip h <<< 'route add 203.0.113.87/32 via 198.18.7.2 dev vlan0 src 198.18.7.1'
	lab_ip r2 <<< 'route add 198.18.7.0/24 via 198.18.2.1'
	lab_ip r3 <<< 'route add 198.18.7.0/24 via 10.0.3.1'
	lab_ip r4 <<< 'route add 198.18.7.0/24 via 198.18.4.1'
	ttr -n 203.0.113.87 81
	is "VLAN device" "$status,$(selected),$(wc -l <<<"$out")" '0,vlan0 198.18.7.1,5'
else
	skip "VLAN device" "the kernel has no 802.1Q"
fi

ip -n "$lab-h" link add link eth0 name macvlan0 type macvlan mode bridge
ip -n "$lab-h" link set macvlan0 up
lab_address h macvlan0 198.18.1.50/32
lab_ip h <<-'END'
	route add 198.18.1.2/32 dev macvlan0 src 198.18.1.50
	route add 203.0.113.88/32 via 198.18.1.2 dev macvlan0 src 198.18.1.50
END
ttr -n 203.0.113.88 81
is "a device on top of another" "$status,$(selected),$(wc -l <<<"$out")" '0,macvlan0 198.18.1.50,5'
ip -n "$lab-h" link del macvlan0

# --- what cannot work ------------------------------------------------------

refused() {
	local name=$1 want=$2
	shift 2
	ttr "$@"
	is "$name: status 3" "$status" 3
	is "$name: nothing on stdout" "$out" ''
	like "$name: says why" "$err" "$want"
	unlike "$name: one line" "$err" $'\n'
}

lab_node island
refused "no such device" nosuch0 -i nosuch0 203.0.113.80 80
refused "no such device --json" nosuch0 --json -i nosuch0 203.0.113.80 80
lab_link h eth3 side eth3
lab_address h eth3 198.18.10.1/24
ip -n "$lab-h" link set eth3 down
refused "device down" 'eth3|down' -i eth3 203.0.113.80 80
lab_ip h <<-'END'
	route add unreachable 192.0.2.0/28
	route add prohibit 192.0.2.16/28
	route add blackhole 192.0.2.32/28
	route add unreachable 2001:db8:f::/64
END
for address in 192.0.2.1 192.0.2.17 192.0.2.33 2001:db8:f::1; do
	refused "no way to $address" . "$address" 80
done
for address in 203.0.113.80 2001:db8:5::80; do
	run_at island "$TTR" $address 80
	is "no route to $address" "$status,$out,$err" '3,,connect: Network is unreachable'
done

# --- privileges ------------------------------------------------------------

mkdir "$lab_dir/bin"
for copy in plain capable setuid; do
	install -m 755 "$TTR" "$lab_dir/bin/$copy"
done
chmod u+s "$lab_dir/bin/setuid"
run_at h setpriv --reuid 65534 --regid 65534 --clear-groups "$lab_dir/bin/plain" --require-raw \
	203.0.113.80 80
is "no privilege: status" "$status" 3
is "no privilege: nothing on stdout" "$out" ''
like "no privilege: the remedy" "$err" 'setcap cap_net_raw\+p'
unlike "no privilege: one line" "$err" $'\n'
if setcap cap_net_raw+p "$lab_dir/bin/capable"; then
	run_at h setpriv --reuid 65534 --regid 65534 --clear-groups "$lab_dir/bin/capable" www.example.net 80
	is "cap_net_raw+p: reached" "$status,$(wc -l <<<"$out")" 0,5
	run_at h setpriv --reuid 65534 --regid 65534 --clear-groups "$lab_dir/bin/capable" -6 -n --json www.example.net 80
	json_is "cap_net_raw+p, IPv6: reached" '.ports[0].state' open
else
	fail "cap_net_raw+p: setcap works"
fi
run_at h setpriv --reuid 65534 --regid 65534 --clear-groups "$lab_dir/bin/setuid" www.example.net 80
is "setuid root: reached" "$status,$(wc -l <<<"$out")" 0,5

done_testing
