#!/bin/bash
# Names: slow, dead and malicious name servers, and what is never asked.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24, .100 to .179 as well
#              .2 port 53: a name server of our own making (lib/nameserver.py)

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init names
lab_chain
for i in $(seq 100 179); do
	printf 'addr add 203.0.113.%d/24 dev eth0\n' "$i"
done | lab_ip d
start_nginx d 80
use_nameserver 198.18.1.2

server=
asked=$lab_dir/asked

# name_server WORD...: replace the name server.
name_server() {
	[ -z "$server" ] || end_process "$server"
	: >"$asked"
	: >"$lab_dir/nameserver.out"
	spawn r1 "$python" "$lab_source/tests/lib/nameserver.py" 198.18.1.2 "$asked" "$@" \
		>"$lab_dir/nameserver.out"
	server=$spawned
	wait_for "the name server" grep -q ready "$lab_dir/nameserver.out"
}

good=(198.18.1.2=r1.example.net 198.18.2.2=r2.example.net 10.0.3.2=r3.example.net
	198.18.4.2=r4.example.net 203.0.113.80=www.example.net
	www.example.net=203.0.113.80
	2001:db8:1::2=r1.example.net 2001:db8:2::2=r2.example.net 2001:db8:3::2=r3.example.net
	2001:db8:4::2=r4.example.net 2001:db8:5::80=www.example.net
	six.example.net=2001:db8:5::80)

hosts() {
	awk '/^ ?[0-9]+  / { print $2 }' <<<"$1"
}

rows() {
	awk '/^ ?[0-9]+  / { print $1 }' <<<"$1" | tr '\n' ' '
}

# shellcheck disable=SC2317  # "ok" calls it
json_parses() {
	jq -e . >/dev/null <<<"$out"
}

all_names='r1.example.net
r2.example.net
10.0.3.2
r4.example.net
www.example.net'
all_addresses='198.18.1.2
198.18.2.2
10.0.3.2
198.18.4.2
203.0.113.80'

# --- what is asked ---------------------------------------------------------

name_server "${good[@]}"
ttr -n 203.0.113.80 80
is "-n: addresses" "$(hosts "$out")" "$all_addresses"
is "-n and an address: no query" "$(<"$asked")" ''
ttr -n www.example.net 80
is "-n and a name: addresses" "$(hosts "$out")" "$all_addresses"
is "-n and a name: no PTR query" "$(grep -c '^PTR' "$asked")" 0
: >"$asked"
ttr 203.0.113.80 80
is "D1 names" "$(hosts "$out")" "$all_names"
is "an address: nothing but PTR queries" "$(cut -d' ' -f1 "$asked" | sort -u)" PTR
is "RFC 1918 addresses are not asked for" "$(grep -c '^PTR 2.3.0.10' "$asked")" 0
self_check || is "every address is asked for once" "$(sort "$asked" | uniq -d)" ''
: >"$asked"
ttr -N 203.0.113.80 80
is "-N: names" "$(hosts "$out")" "${all_names/10.0.3.2/r3.example.net}"
is "-N: RFC 1918 addresses are asked for" "$(grep '^PTR 2.3.0.10' "$asked" | sort -u | wc -l)" 1
: >"$asked"
ttr -q 1 -m 3 198.18.77.77 80
is "no PTR query for an address that was not seen" "$(grep -c '77' "$asked")" 0

# --- the hosts file --------------------------------------------------------

cp "$lab_dir/etc/hosts" "$lab_dir/hosts.before"
printf '203.0.113.84 local.example.net local\n203.0.113.85 dup.example.net\n' >>"$lab_dir/etc/hosts"
: >"$asked"
ttr local 81
like "a name of the hosts file" "$err" 'Tracing the path to local \(203\.0\.113\.84\) on TCP port 81'
is "a name of the hosts file: no address query" "$(grep -Ec '^A' "$asked")" 0
is "a name of the hosts file: its row" "$(hosts "$out" | tail -n 1)" local.example.net
cp "$lab_dir/hosts.before" "$lab_dir/etc/hosts"

# --- names that are not there ----------------------------------------------

refuses() {
	local name=$1
	shift
	ttr "$@"
	like "$name: a message" "$err" "^Bad destination address: ${*: -1}(: [^"$'\n'"]*)?$"
	is "$name: nothing on stdout" "$out" ''
	self_check || is "$name: status" "$status" 3
}

# The same with the program's own options.
refuses_ours() {
	self_check || refuses "$@"
}

refuses "NXDOMAIN" nosuch.example.net
refuses_ours "NXDOMAIN --json" --json nosuch.example.net
refuses_ours "NXDOMAIN --ndjson" --ndjson nosuch.example.net
name_server all=servfail
refuses "SERVFAIL" www.example.net
refuses_ours "SERVFAIL --json" --json www.example.net
ttr 203.0.113.80 80
is "SERVFAIL for PTR: addresses" "$(hosts "$out")" "$all_addresses"
name_server all=refused
refuses "REFUSED" www.example.net
name_server all=nxdomain
ttr 203.0.113.80 80
is "NXDOMAIN for PTR: addresses" "$(hosts "$out")" "$all_addresses"
is "NXDOMAIN for PTR: reached" "$status" 0

# --- dead and slow ---------------------------------------------------------

if ! self_check; then
	name_server all=dead
	ttr --dns-wait 0.2 203.0.113.80 80
	is "I13 dead server: addresses" "$(hosts "$out")" "$all_addresses"
	is "I13 dead server: reached" "$status" 0
	is "I13 dead server: at most two queries for an address" \
		"$(sort "$asked" | uniq -c | awk '$1 > 2')" ''
	ttr --dns-wait 0.2 --json 203.0.113.80 80
	ok "I13 dead server: JSON parses" json_parses
	is "I13 dead server: no name in JSON" \
		"$(jq '[.ports[].hops[].probes[].name | strings] | length' <<<"$out")" 0
	refuses "I13 dead server" www.example.net

	# The second try has its time as well, but newer libraries wait for half of it only, and do
	# not hear what comes then to the first.
	delay=900
	[[ $(pkg-config --modversion libcares 2>/dev/null) != 1.18.* ]] || delay=2500
	name_server delay=$delay "${good[@]}"
	ttr --dns-wait 60 203.0.113.80 80
	is "I14 slow server, patience: names" "$(hosts "$out")" "$all_names"
	is "I14 slow server: rows in order" "$(rows "$out")" '1 2 3 4 5 '
	ttr --dns-wait 0.2 203.0.113.80 80
	is "I14 slow server, no patience: rows in order" "$(rows "$out")" '1 2 3 4 5 '
	ttr --dns-wait 60 --json 203.0.113.80 80
	ok "I14 slow server: JSON parses" json_parses
	is "I14 slow server: names in JSON" \
		"$(jq -r '.ports[0].hops[].probes[0] | .name // .address' <<<"$out")" "$all_names"
	ttr --dns-wait 60 six.example.net 80
	like "I14 slow server, IPv6: names" "$out" 'r3\.example\.net \(2001:db8:3::2\)'
	is "I14 slow server, IPv6: rows in order" "$(rows "$out")" '1 2 3 4 5 '
fi

# --- malicious -------------------------------------------------------------

# Which of them give a name, and which; all the others give none.
long253=$(printf 'x%.0s' $(seq 63)).$(printf 'x%.0s' $(seq 63)).$(printf 'x%.0s' $(seq 63)).$(printf 'x%.0s' $(seq 61))
declare -A shown=([underscore]=a_b.example.net [dash]=-rf.net [long253]=$long253
	[alias]=behind.example.net [two]=first.example.net [ttl]=ttl.example.net)
kinds=(escape newline nul dot utf8 rtl percent script space backslash underscore delete c1 dash
	root long253 long300 literal selfpointer pastpointer chain label80 wrongid wrongquestion
	empty onebyte count cutoff nodata alias thousand truncated servfail refused nxdomain query
	dead two otherowner ttl garbage)
# The rows of the list of hostile answers that these are.
rows_of=(D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 D12 D35 D36 D37
	D13 D14 D15 D40 D16 D17 D39 D38 D18 D19
	D20 D21 D22 D23 D24 D25 D26 D27 D28 D29 D30 D31
	D32 D33 D34 D41 D42)

# Of the bytes that leave us: newline, printable ASCII and nothing else.
unclean() {
	tr -d '\n -~' <<<"$1" | wc -c
}

hostile() {
	local number="I15, $1" kind=$2 address=$3 row name wait=1
	[ "$kind" != thousand ] && [ -z "${shown[$kind]:-}" ] || wait=60
	ttr --dns-wait $wait -f 5 -m 5 -q 1 "$address" 81
	row=$out
	name=$(sed -E 's/^ 5  (.*) \[closed\]  [0-9.]+ ms$/\1/' <<<"$row")
	if [ "$kind" = thousand ]; then
		like "$number $kind: at most one name" "$name" "^(p[0-9]+\.example\.net \($address\)|$address)$"
	elif [ -n "${shown[$kind]:-}" ]; then
		is "$number $kind: a name" "$name" "${shown[$kind]} ($address)"
	else
		is "$number $kind: no name" "$name" "$address"
	fi
	is "$number $kind: text is clean" "$(unclean "$row$err")" 0
	ttr --dns-wait $wait -f 5 -m 5 -q 1 --json "$address" 81
	ok "$number $kind: JSON parses" json_parses
	is "$number $kind: JSON is clean" "$(unclean "$out")" 0
}

if ! self_check; then
	words=()
	for i in "${!kinds[@]}"; do
		words+=("203.0.113.$((100 + i))=:${kinds[i]}")
	done
	name_server "${words[@]}"
	for i in "${!kinds[@]}"; do
		hostile "${rows_of[i]}" "${kinds[i]}" 203.0.113.$((100 + i))
	done
	ok "the name server is still there" kill -0 "$server"
fi

done_testing
