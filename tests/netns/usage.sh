#!/bin/bash
# Bad command lines: a one-line error that names the item, its exit status,
# nothing on stdout, no control character, no packet.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24
#
# One capture on all devices of h runs over all of it. Only the name server may
# be asked, and only for what could be a name.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init usage
if self_check; then
	skip_all "the original has other messages and exit statuses"
fi
lab_chain
start_dnsmasq both
start_nginx d 80

www=203.0.113.80

# The row of the list of bad input that the refusals from here on prove (tests/lib/rows).
row() {
	row="$1 "
}

# What is on stderr is not valid UTF-8, or has control or invisible characters.
unclean() {
	[ "$zeros" -gt 0 ] || {
		[[ $text == *[!\ -~$'\n']* ]] && LC_ALL=C.UTF-8 grep -vqaP '^\P{C}*$' "$lab_dir/run.err"
	}
}

# refused STATUS REGEX ARGUMENT...: STATUS is a regex as well.
refused() {
	local want=$1 item=$2 name
	shift 2
	printf -v name ' %q' "$@"
	name=${name:0:60}
	run_at h "$TTR" "$@"
	check_refusal "$name" "$want" "$item"
}

# By bash alone: hundreds of them are looked at.
check_refusal() {
	local name=$1 reasons=()
	[[ $status =~ ^($2)$ ]] || reasons+=("status $status, not $2")
	[ -z "$out" ] || reasons+=("on stdout: $out")
	text_of "$lab_dir/run.err"
	[[ $text == *$'\n' && ${text%$'\n'} != *$'\n'* ]] || reasons+=("not one line on stderr")
	[ "${#text}" -le 1000 ] || reasons+=("a long line on stderr")
	[[ $err =~ $3 ]] || reasons+=("does not name $3")
	! unclean || reasons+=("control characters on stderr")
	if [ ${#reasons[@]} -eq 0 ]; then
		pass "${row}refused:$name"
	else
		fail "${row}refused:$name" "$(printf '%s\n' "${reasons[@]}")" "stderr: $(head -c 300 "$lab_dir/run.err")"
	fi
}

usage() {
	refused 2 "$@"
}

long() {
	head -c "$1" /dev/zero | tr '\0' "${2:-a}"
}

repeated() {
	local i
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' "$2"
	done
}

capture_start h any "ip or (ip6 and (tcp or udp))"

# --- words -----------------------------------------------------------------

run_at h "$TTR"
is "C1 no argument: status 2, nothing on stdout" "$status,$out" 2,
like "C1 no argument: usage" "$err" 'Usage: '
run_at h "$python" -c '
import ctypes, sys
ctypes.CDLL(None).execve(sys.argv[1].encode(), None, None)' "$TTR"
is "C32 argc 0: status 2, nothing on stdout" "$status,$out" 2,

row C2
usage 'empty' ''
row C3
refused 3 '-rf' -- -rf
row C4
usage 'extra3' $www 80 100 extra3
usage 'extra1' $www 80 100 extra1 extra2
row C33
usage 'No destination' --
usage ': -$' -
usage '[-][-]bogus' --bogus $www
usage '[-][-]js' --js $www
usage '[-][-]jso' --jso $www
usage '[-][-]json=1' --json=1 $www
usage '[-][-]windowx' --windowx=3 $www
usage '[-]Z' -Z $www
usage '[-]1' $www -1
usage '[-]q' $www -q
usage 'window' $www --window
row C31
usage 'xxxx' "--$(long 100000 x)" $www
mapfile -t many < <(repeated 10000 80)
usage 80 $www "${many[@]}"
row C13
mapfile -t many < <(repeated 10000 -n)
usage 'greater than 0: 0' "${many[@]}" $www 0
mapfile -t many < <(repeated 10000 -m3)
usage 'less than 65536: 65536' "${many[@]}" $www 65536
usage 'TTL' -m 0 -m 3 -m 0 $www

row 'C26, C28,'
usage '[-][-]json.*--ndjson' --json --ndjson $www
usage '[-][-]rate' --rate 0 $www
usage '[-][-]rate' --rate 1e12 $www
row=
for option in --rate --hop-rate; do
	for value in '' -5 0 1.5 +1 0x10 5pps 1000001 99999999999999999999; do
		usage "[-]${option#-}" "$option" "$value" $www 80,81
	done
	usage "[-]${option#-}" $www 80,81 "$option"
done
for value in '' -1 4 1.5 x 1e1 99999999999999999999; do
	usage '[-][-]retries' --retries "$value" $www
done
usage '[-][-]retries' $www --retries

# --- lists of hosts ----------------------------------------------------------

printf '%s\n' "$www" >"$lab_dir/one.txt"
printf '# nothing\n\n  # here\n' >"$lab_dir/none.txt"
list=$lab_dir/one.txt
row=
usage 'targets' --targets
usage 'targets: empty' --targets ''
usage 'nosuch.txt: No such file' --targets /nosuch.txt 80
row F2
usage 'none.txt: no targets' --targets "$lab_dir/none.txt" 80
row F1
usage 'null: no targets' --targets /dev/null 80
row=
usage 'resume needs' --resume "$list" $www
usage 'full needs' --full $www
usage 'SYN' --targets "$list" -A 80
usage 'source ports' --targets "$list" -p 53 80
usage 'source ports' --targets "$list" --track-port 80
usage 'raw sockets' --targets "$list" --unprivileged 80
usage 'exclude' --targets "$list" --locate 80
usage '1500' --targets "$list" -l 1501 80
usage ': 80x$' --targets "$list" 80x
usage 'Too many arguments: 3' --targets "$list" 80 40 3
row C28
for value in 0 1000001 x '' -1 1.5 1e12; do
	usage '[-][-]rate|rate' --rate "$value" --targets "$list" 80
done
row=
usage 'nosuch.json' --targets "$list" --resume /nosuch.json 80

# --- ports -----------------------------------------------------------------

row C5
usage ': 0$' $www 0
for port in 65536 99999 99999999999999999999 80x 0x50 8e1 nosuchport 80- 80-81-82 1-65536 0-5; do
	usage ": $port$" $www "$port"
done
usage ':  80$' $www ' 80'
usage '81-80' $www 81-80
usage '80,,81' $www 80,,81
usage ',80' $www ,80
usage '80,' $www 80,
row 'C5, C6'
usage ': nosuch$' $www 80,nosuch,81
row C5
usage '70000' $www 80,70000
usage 'port' $www ''
usage 'xxxx' $www "$(long 100000 x)"
row C10
usage 'Too many' -q 1000 $www 1-65535
row C29
usage 'length' $www 80 x
usage 'length' $www 80 65536

# --- numbers ---------------------------------------------------------------

row 'C7'
for value in 0 256 -1 1.5 '' 4294967297 x ' 1' 1x 0x10; do
	usage 'TTL|-m' -m "$value" $www
	usage 'TTL|-f' -f "$value" $www
done
row C8
usage '\(5\).*\(3\)' -f 5 -m 3 $www
row C9
for value in 0 -1 1.5 '' x 1000000 99999999999999999999; do
	usage 'queries|-q' -q "$value" $www
done
row C10
usage 'Too many' -q 1000 -m 255 $www 1-100
row=
usage 'some' --locate --verify some $www 1-100
usage 'verify' --verify all $www 1-100
usage 'locate.*-A' --locate -A $www 1-100
usage 'locate.*track-port' --locate --track-port $www 1-100
usage 'locate.*unprivileged' --locate --unprivileged $www 1-100
row 'C11, C12'
for value in 0 -1 nan inf 1e309 0x1p3 1,5 99999999999 '' . 1..5 ' 1' 0.0000001; do
	usage '[Tt]ime|-w' -w "$value" $www
	usage 'max-time' --max-time "$value" $www
done
row=
for value in -1 nan 1e3 99999999999 ''; do
	usage 'dns-wait' --dns-wait "$value" $www
done
for letter in p P; do
	for value in 0 -1 65536 99999999999999999999 80x ''; do
		usage "port|-$letter" "-$letter" "$value" $www
	done
done
row C29
for value in -1 65536 4294967336 x ''; do
	usage 'length|-l' -l "$value" $www
done
row C30
for value in -1 256 x '' 0x10 99999999999; do
	usage 'TOS|-t' -t "$value" $www
done
row=
for value in 0 256 -1 x ''; do
	usage '[wW]indow' --window "$value" $www
done
usage '[-][-]syn.*bar$' --syn bar $www
usage '[-][-]syn' --syn '' $www
usage '[-][-]isn.*equal' --isn equal $www
usage '[-][-]color.*pink' --color pink $www
usage '[-][-]color' "--color=$(long 5000)" $www
row C25
usage '[-]4.*-6' -4 -6 $www
usage '::1' -4 ::1
usage '127.0.0.1' -6 127.0.0.1

# --- devices and addresses -------------------------------------------------

row C14
refused 3 nosuch0 -i nosuch0 $www
row C15
usage 'device' -i '' $www
for device in "$(long 16)" "$(long 4096)" ../x 'eth0;id' $'eth0\nx' $'\e[31mred' eth0%; do
	refused '[23]' '[Dd]evice' -i "$device" $www
done
row C16
refused 3 'lo|unreachable' -i lo $www
row C17
for address in 1.2.3.4 0.0.0.0 ::1 224.0.0.1 255.255.255.255 1.2.3.4. 2001:db8::99 nosuch.example.net ''; do
	refused '[23]' "$address" -s "$address" $www
done
refused '[23]' source -s "$(long 300)" $www
row 'C18, C22'
for target in 0.0.0.0 0.1.2.3 255.255.255.255 224.0.0.1 239.255.255.250 240.0.0.1 :: ff02::1 ff0e::1 \
	ff02::1%eth0 ::ffff:0.0.0.0 ::ffff:224.0.0.1; do
	refused '[23]' "$target" "$target"
done
row C21
for target in fe80::1 fe80::1%nosuch0 "fe80::1%$(long 300)" fe80::1% '[::1' '::1]' '[]'; do
	refused '[23]' 'fe80|::1|\[' "$target"
done
row C20
for target in 010.0.0.1 0x7f.1 2130706433 1.2.3 1.2.3.4.5 256.1.1.1; do
	refused '[23]' "$target" "$target"
done
row C23
refused 3 nosuch nosuch.example.net
refused 3 'a\.' a.
for size in 254 256 1000 128000; do
	refused '[23]' aaaa "$(long $size | sed -E 's/.{50}/&./g')"
done
refused '[23]' aaaa "$(long 64).example.net"
for target in a..b . .. .a; do
	refused '[23]' '\.' "$target"
done
row C24
for target in $'a\eb.net' $'a\nb.net' $'a\tb.net' $'a\x9bb.net' $'a\x7fb.net' 'üß.example.net' $'a\u202eb.net' \
	'%n%s' "\$(id)" "\`id\`" '*' 'a b' 'a"b' "a'b" '<b>' 'a/b' 'a:b' 'user@host' 'http://host/'; do
	refused '[23]' 'address' "$target"
	refused '[23]' '[pP]ort' $www "$target"
done
capture_stop 198.18.1.2

is "no packet, names aside" "$(captured 'not port 53 and not (udp and dst port 9) and
	not (src host 198.18.1.2 and icmp[0] == 3)')" ''
is "only what could be a name was asked for" "$(captured 'udp and dst port 53' |
	grep -oE '(A|AAAA|PTR)\? [^ ]+' | cut -d' ' -f2 | sed 's/\.$//' | sort -u |
	grep -Evx -e '-rf|a|nosuch\.example\.net|010\.0\.0\.1|0x7f\.1|2130706433|1\.2\.3|1\.2\.3\.4\.5|256\.1\.1\.1|1\.2\.3\.4')" ''

# --- what is no error ------------------------------------------------------

for word in -h --help; do
	run_at h "$TTR" "$word"
	is "$word: status 0, nothing on stderr" "$status,$err" 0,
	like "$word: help" "$out" '--json'
	run_at h "$TTR" $www "$word"
	is "$word after a host: status 0" "$status" 0
done
for word in -v --version; do
	run_at h "$TTR" "$word"
	is "$word: status 0, nothing on stderr" "$status,$err" 0,
	like "$word: version" "$out" '^tcptraceroute [0-9]+\.[0-9]+'
done
mapfile -t many < <(repeated 10000 -n)
run_at h "$TTR" "${many[@]}" $www 80
is "C13 10,000 times the same option: traced" "$status,$(wc -l <<<"$out")" 0,5
run_at h "$TTR" -m 9 -m 3 -q 9 -q 1 -n $www 80
is "C13 an option twice: the last wins" "$status,$(wc -l <<<"$out")" 1,3

run_at h "$TTR" -q 1 -n $www http
is "C6 a service by name: traced" "$status,$(wc -l <<<"$out")" 0,5
run_at h "$TTR" --json -q 1 -n ::ffff:$www 80
is "C22 a mapped address: IPv4" "$status,$(jq -c '[.target, .family]' <<<"$out")" "0,[\"$www\",4]"
for target in 127.0.0.1 ::1 198.18.1.1 2001:db8:1::1; do
	for mode in '' --unprivileged; do
		# shellcheck disable=SC2086  # none or one word
		run_at h "$TTR" --json -n $mode "$target" 9
		is "C19 $target $mode: one hop" "$status,$(jq -c '.ports[0] | [.state, .distance]' <<<"$out")" \
			'0,["closed",1]'
	done
done

nft_at r1 <<-'END'
	table ip silence {
		chain in {
			type filter hook prerouting priority 0
			ip daddr 203.0.113.98 drop
		}
	}
END
run_at h "$TTR" --max-time 0.001 nosuch.example.net
like "C34 --max-time before a name is known: said" "$status,$out,$err" '^3,,Bad destination address: nosuch.example.net: .+$'
run_at h "$TTR" --max-time 0.1 --json 203.0.113.98
is "C34 --max-time on a silent path: status 1" "$status" 1
is "C34 --max-time on a silent path: JSON" "$(jq -c '.ports[0].state' <<<"$out")" '"filtered"'

# --- environment and streams -----------------------------------------------

rows='1,2,3,4,5,'
row_numbers() {
	awk '{ printf "%s,", $1 }' <<<"$out"
}
for setting in TERM= TERM=../x "TERM=$(long 60000)" COLUMNS=-1 COLUMNS=999999999 LC_ALL=xx TZ=../../x \
	EVENT_NOEPOLL=1 EVENT_SHOW_METHOD=1 NO_COLOR=1 RES_OPTIONS=debug LOCALDOMAIN=example.org; do
	run_at h env "$setting" "$TTR" -q 1 $www 80
	is "environment $(cut -c -30 <<<"$setting"): the same rows" "$status,$(row_numbers)" "0,$rows"
	unlike "environment $(cut -c -30 <<<"$setting"): no escape sequence" "$out" $'\e'
done
run_at h env -i "$TTR" -q 1 $www 80
is "empty environment: the same rows" "$status,$(row_numbers)" "0,$rows"

# shellcheck disable=SC2016
in_shell() {
	run_at h "$BASH" -c "$1" shell "$TTR" $www "$lab_dir/kept"
}
# shellcheck disable=SC2016
{
	in_shell '"$1" -q 1 "$2" 80 >/dev/full'
	is "stdout is full: status 4" "$status" 4
	in_shell '"$1" --json "$2" 80 >/dev/full'
	is "stdout is full, JSON: status 4" "$status" 4
	in_shell '"$1" --ndjson "$2" 80 >/dev/full'
	is "stdout is full, NDJSON: status 4" "$status" 4
	in_shell '"$1" -q 1 "$2" 80 <&-'
	is "stdin is closed: the same rows" "$status,$(row_numbers)" "0,$rows"
	in_shell '"$1" -q 1 "$2" 80 2>&-'
	is "stderr is closed: the same rows" "$status,$(row_numbers)" "0,$rows"
	in_shell '"$1" -q 1 "$2" 80 >&-'
	like "stdout is closed: an orderly end" "$status" '^(0|4)$'
	in_shell 'exec 7</dev/null 63</dev/null; ulimit -n 64; "$1" -q 1 "$2" 80'
	is "few file descriptors, some taken: the same rows" "$status,$(row_numbers)" "0,$rows"
}

done_testing
