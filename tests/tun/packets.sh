#!/bin/bash
# Packets that no sound router or host sends, in place of the second hop's answer. Each is
# named after its row of the list of bad input.
#
#                 tun0
#   h 198.18.0.1 ------ 203.0.113.1 ---- the answer to be judged ---- 192.0.2.N
#     2001:db8::1       2001:db8:113::1                               2001:db8:80::N
#
# Whatever comes: hops 1 and 3 are right, JSON is sound, nothing but it comes out.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init packets
lab_node h
lab_ip h <<-'END'
	tuntap add dev tun0 mode tun
	link set tun0 up
	addr add 198.18.0.1/32 dev tun0
	addr add 2001:db8::1/128 dev tun0 nodad
	route add default dev tun0
	route add ::/0 dev tun0
END
spawn h "$python" "$lab_source/tests/lib/crafter.py" tun0 >"$lab_dir/crafter"
wait_for "the crafter" grep -q ready "$lab_dir/crafter"
"$python" "$lab_source/tests/lib/crafter.py" --list >"$lab_dir/variants"

# What the second hop says, in short: its reply and address, and what jq's $2 picks of it.
# The address of the router that answers is "hop", that of the destination "host".
second() {
	jq -r --arg hop "$hop" --arg host "$host" '.ports[0].hops[1].probes[0] |
		def who: if . == $hop then "hop" elif . == $host then "host" else . end;
		[.reply, (.address | who), '"${1:-empty}"' | tostring] | join(" ")' <<<"$out" 2>&1
}

rest_is_sound() {
	[ -n "$out" ] &&
		jq -e --arg first "$first" --arg host "$host" '.ports[0] |
		.hops[0].probes[0].address == $first and (.hops | length) as $n |
		.hops[$n - 1].probes[0].address == $host or $n < 3' <<<"$out" >/dev/null &&
		! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$lab_dir/run.out"
}

# judge 4|6|46 NAME WANTED [JQ]: the variant of that name.
judge() {
	local versions=$1 name=$2 wanted=$3 number version
	number=$(awk -v name="$name" '{ n = $1; sub(/^[0-9]+ /, ""); if ($0 == name) print n }' \
		"$lab_dir/variants")
	[ -n "$number" ] || bail_out "no such variant: $name"
	for version in 4 6; do
		[[ $versions = *$version* ]] || continue
		host=192.0.2.$number hop=203.0.113.2 first=203.0.113.1
		[ $version = 4 ] ||
			host=2001:db8:80::$(printf %x "$number") hop=2001:db8:113::2 first=2001:db8:113::1
		ttr -n --json -q 1 -m $hops "$host" 80
		is "$name, IPv$version" "$(second "${4:-}")" "$wanted"
		ok "$name, IPv$version: all else is right" rest_is_sound
	done
}

hops=3
ignored='none null'
accepted='time-exceeded hop'

judge 46 sound "$accepted []" '([.martian, .conflict, .duplicates] | map(values))'
judge 46 P3 "$ignored"
judge 46 P4 "$ignored"
judge 46 P5 "$ignored"
judge 46 P7 "$accepted true" '[.changes[].field] == ["ip.dst"]'
judge 46 'P8 quote of 0 bytes of TCP' "$ignored"
judge 46 'P8 quote of 1 byte of TCP' "$ignored"
judge 4 'P8 quote of 7 bytes, IP ID rewritten' "$ignored"
judge 46 P9 "$accepted"
judge 46 'P10 quote of 28 bytes' "$accepted"
judge 46 'P10 quote of 1200 bytes' "$accepted"
for what in 'header length 0' 'header length 1' 'header length 4' 'total length 0' \
	'fragment offset' 'more fragments'; do
	judge 4 "P11 $what" "$ignored"
done
# What is not there may have been cut off by the capture.
judge 4 'P11 total length beyond' "$accepted"
judge 4 'P12 router alert' "$accepted"
judge 4 'P12 40 bytes of options' "$accepted"
judge 4 'P13 quoted header length 0' "$ignored"
judge 4 'P13 quoted header length 4' "$ignored"
judge 4 'P13 quoted header length 6' "$accepted"
judge 4 'P13 quoted header length 15' "$accepted"
judge 46 P14 "$ignored"
judge 46 P15 "$ignored"
judge 4 P16 "$ignored"
judge 4 'P17 type 3 code 13' 'unreachable hop !A' .mark
judge 4 'P17 type 3 code 200' 'unreachable hop !<200>' .mark
judge 4 'P17 type 3 code 3' 'unreachable hop !p' .mark
judge 46 'P18 code 1' "$ignored"
judge 46 'P18 code 77' "$ignored"
judge 4 'P19 type 12' "$ignored"
judge 4 'P19 type 4' "$ignored"
judge 4 'P19 type 5' "$ignored"
judge 4 'P20 MTU 0' 'unreachable hop null' .mtu
judge 4 'P20 MTU 600' 'unreachable hop 600' .mtu
judge 4 'P20 MTU 65535' 'unreachable hop 65535' .mtu
judge 4 P21 "$accepted true" .extensions_invalid
for what in 'version 1' 'version 3' checksum; do
	judge 46 "P22 $what" "$accepted [null,true]" '[.mpls, .extensions_invalid]'
done
for what in 'object length 0' 'object length 3' 'object length 65535'; do
	judge 46 "P23 $what" "$accepted true" .extensions_invalid
done
judge 46 P24 "$accepted [8,true]" '[(.mpls | length), .labels_truncated]'
judge 46 P25 "$accepted false" '.mpls[0].bottom'
judge 46 P26 "$accepted [2,true]" '[(.extensions | length), .extensions_truncated]'
judge 46 P27 "$accepted 16004" '.mpls[0].label'
judge 46 P28 "$accepted true" '(.interface.name | startswith("\\x1b[31mnn"))'
judge 6 'P29 8 headers' "$accepted"
judge 6 'P29 30 headers' "$ignored"
judge 46 'P30 hop limit 255' "$accepted"
judge 46 P32 'time-exceeded host'
judge 46 'P33 twice' "$accepted 1" .duplicates
judge 46 'P33 a thousand times' "$accepted 999" .duplicates
judge 46 P34 "$accepted true" '(.conflict | test("^(203.0.113|2001:db8:113:).*3$"))'
# Without timestamps a SYN/ACK names no probe: only one may have got there.
hops=2
judge 46 'P37 option length 0' 'syn-ack host'
judge 46 'P37 option length 255' 'syn-ack host'
judge 46 P38 'syn-ack host'
hops=3
judge 46 'P39 data offset 0' "$ignored"
judge 46 'P39 data offset 4' "$ignored"
judge 46 'P39 data offset beyond' "$ignored"
judge 46 P43 "$ignored"
judge 46 'P44 echo' "$ignored"
judge 46 'P44 echo reply' "$ignored"
judge 4 'P31 source 127.0.0.1' 'time-exceeded 127.0.0.1 true' .martian
judge 4 'P31 source 0.0.0.0' 'time-exceeded 0.0.0.0 true' .martian
judge 4 'P31 source 224.0.0.5' 'time-exceeded 224.0.0.5 true' .martian
judge 4 'P31 own address' 'time-exceeded 198.18.0.1 true' .martian
judge 6 'P31 own address' 'time-exceeded 2001:db8::1 true' .martian
judge 6 'P31 source ::1' 'time-exceeded ::1 true' .martian
judge 6 'P31 source ff02::5' 'time-exceeded ff02::5 true' .martian

done_testing
