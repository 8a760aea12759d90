#!/bin/bash
# ICMP extensions on the wire: rows with -e, and JSON.
#
#                 tun0
#   h 198.18.0.1 ------ routers 203.0.113.1 to .6, 2001:db8:113::1 to ::6, nothing behind them
#     2001:db8::1

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init extensions
lab_node h
lab_ip h <<-'END'
	tuntap add dev tun0 mode tun
	link set tun0 up
	addr add 198.18.0.1/32 dev tun0
	addr add 2001:db8::1/128 dev tun0 nodad
	route add default dev tun0
	route add ::/0 dev tun0
END
spawn h "$python" "$lab_source/tests/lib/extender.py" tun0 1=given: \
	2=given:0008010103e84101 3=old:000c010103e8400100010b40 \
	4=given:001c020f00000002000100000a0000010865746830000000000005dc \
	5=given:0008ea070102030400060000 6=short: >"$lab_dir/extender"
wait_for "the made-up routers" grep -q ready "$lab_dir/extender"

json_is() {
	is "$1" "$(jq -c "$2" <<<"$out" 2>&1)" "$3"
}

for family in 4 6; do
	address=192.0.2.80 hop=203.0.113.
	[ $family = 4 ] || address=2001:db8:80::1 hop=2001:db8:113::
	ttr -n -e -q 2 -m 6 $address 80
	is "IPv$family: rows" "$(mask_times <<<"$out")" "\
 1  ${hop}1  T  T
 2  ${hop}2 <MPLS:L=16004,E=0,S=1,T=1>  T  T
 3  ${hop}3 <MPLS:L=16004,E=0,S=0,T=1/L=16,E=5,S=1,T=64>  T  T
 4  ${hop}4 <INC:2,10.0.0.1,\"eth0\",mtu=1500>  T  T
 5  ${hop}5 <234/7:01020304;invalid>  T  T
 6  ${hop}6 <invalid>  T  T"
	ttr -n -q 2 -m 6 $address 80
	is "IPv$family: rows without -e" "$(mask_times <<<"$out")" "\
$(for i in 1 2 3 4 5 6; do echo " $i  $hop$i  T  T"; done)"
	ttr -n --json -q 1 -m 6 $address 80
	json_is "IPv$family: JSON, labels" '[.ports[0].hops[].probes[0].mpls]' \
		'[null,[{"label":16004,"tc":0,"bottom":true,"ttl":1}],[{"label":16004,"tc":0,"bottom":false,"ttl":1},{"label":16,"tc":5,"bottom":true,"ttl":64}],null,null,null]'
	json_is "IPv$family: JSON, interface" '[.ports[0].hops[].probes[0].interface | values]' \
		'[{"role":"incoming","index":2,"address":"10.0.0.1","name":"eth0","mtu":1500}]'
	json_is "IPv$family: JSON, others" '[.ports[0].hops[4,5].probes[0] | [.extensions, .extensions_invalid]]' \
		'[[[{"class":234,"type":7,"length":4,"data":"01020304"}],true],[null,true]]'
	json_is "IPv$family: JSON, nothing was rewritten" '[.ports[0].hops[].probes[].changes | values]' '[]'
done

done_testing
