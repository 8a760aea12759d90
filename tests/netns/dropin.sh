#!/bin/bash
# Side by side with the original (Debian's tcptraceroute, /usr/bin/tcptraceroute.mt)
# on the same network: rows, messages and exit status are the same. Times and the
# kernel's choice of a source port are masked; every deliberate difference is
# named at the case it belongs to.
#
#                  .1 ---------- .2
#   h .1 ---- .2 r1   198.18.2/24   r2 .1 ---- .2 r3 .1 ---- .2 r4 .1 ------- .80 d
#   198.18.1/24    .129 ------- .130   10.0.3/24   198.18.4/24  | 203.0.113/24  to .99
#                                                               |
#                                                  203.0.113.128/25 made-up hosts (TUN)
#
#   .82 port dropped  .83-.87, .90 r2 is silent now and then  .88-.90 r2 has two addresses
#   .91, .93, .94, .96 r2 rewrites the destination       .97 r3 rejects

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init dropin
[ -x "$original" ] || bail_out "the original is not installed: $original"

# --- the network -----------------------------------------------------------

# The address in the quoted packet of an ICMP error: byte 24 of the message.
quotes() {
	printf 'meta l4proto icmp @th,192,32 0xcb0071%02x' "$1"
}

second_link() {
	lab_link r1 down2 r2 up2
	lab_address r1 down2 198.18.2.129/30
	lab_address r2 up2 198.18.2.130/30
	lab_ip r1 <<-'END'
		rule add fwmark 1 lookup 101
		route add 203.0.113.0/24 via 198.18.2.130 table 101
	END
	ip netns exec "$lab-r2" "$BASH" -c \
		'echo 1 >/proc/sys/net/ipv4/icmp_errors_use_inbound_ifaddr'
	nft_at r1 <<-'END'
		table ip two {
			chain way {
				type filter hook prerouting priority mangle
				ip daddr 203.0.113.88 ip ttl 2 meta mark set numgen inc mod 3 map { 0: 0, 1: 1, 2: 0 }
				ip daddr 203.0.113.89 ip ttl 2 meta mark set numgen inc mod 3 map { 0: 0, 1: 0, 2: 1 }
				ip daddr 203.0.113.90 ip ttl 2 meta mark set numgen inc mod 3 map { 0: 0, 1: 0, 2: 1 }
			}
		}
	END
}

silences() {
	nft_at r2 <<-END
		table ip silence {
			chain out {
				type filter hook output priority 0
				$(quotes 83) drop
			}
		}
	END
	nft_at d <<-'END'
		table ip silence {
			chain in {
				type filter hook input priority 0
				tcp dport 82 drop
			}
		}
	END
}

# r2 gives only these of its answers about a host, counted from 0 and from now on.
# What a program asks again gets no answer either. only LAST-BYTE ANSWERS
only() {
	local table="ip only_$1"
	nft_at r2 <<-END
		table $table
		delete table $table
		table $table {
			chain out {
				type filter hook output priority 0
				$(quotes "$1") numgen inc mod 1000000 { $2 } accept
				$(quotes "$1") drop
			}
		}
	END
}

# A made-up host begins its turn again.
# shellcheck disable=SC2317  # a case calls it
again() {
	at h "$BASH" -c "echo >/dev/udp/203.0.113.$1/9"
}

# Rewriting without memory, so that quotes from behind show what was rewritten.
rewriting() {
	nft_at r2 <<-'END'
		table ip rewriting {
			chain there {
				type filter hook prerouting priority raw
				ip daddr 203.0.113.91 tcp dport 80 ip daddr set 203.0.113.92
				ip daddr 203.0.113.93 tcp dport 80 tcp dport set 8080
				ip daddr 203.0.113.94 tcp dport 80 tcp dport set 8080 ip daddr set 203.0.113.95
				iifname "down" ip saddr 203.0.113.92 tcp sport 80 ip saddr set 203.0.113.91
				iifname "down" ip saddr 203.0.113.93 tcp sport 8080 tcp sport set 80
				iifname "down" ip saddr 203.0.113.95 tcp sport 8080 tcp sport set 80 ip saddr set 203.0.113.94
			}
		}
		table ip nat {
			chain there {
				type nat hook prerouting priority dstnat
				ip daddr 203.0.113.96 tcp dport 80 dnat to 203.0.113.80:8080
			}
		}
	END
}

# Port 9000 + code, and 9099 for a TCP reset.
rejecting() {
	nft_at r3 <<-'END'
		table ip rejecting {
			chain through {
				type filter hook forward priority 0
				ip daddr 203.0.113.97 tcp dport 9000 reject with icmp type net-unreachable
				ip daddr 203.0.113.97 tcp dport 9001 reject with icmp type host-unreachable
				ip daddr 203.0.113.97 tcp dport 9002 reject with icmp type prot-unreachable
				ip daddr 203.0.113.97 tcp dport 9003 reject with icmp type port-unreachable
				ip daddr 203.0.113.97 tcp dport 9009 reject with icmp type net-prohibited
				ip daddr 203.0.113.97 tcp dport 9010 reject with icmp type host-prohibited
				ip daddr 203.0.113.97 tcp dport 9013 reject with icmp type admin-prohibited
				ip daddr 203.0.113.97 tcp dport 9099 reject with tcp reset
			}
		}
	END
}

# .128 + code answers with that code of destination unreachable.
made_up_hosts() {
	local rules=() code
	for code in $(seq 0 15); do
		rules+=("203.0.113.$((128 + code))=$code")
	done
	lab_ip r4 <<-'END'
		tuntap add dev tun0 mode tun
		link set tun0 up
		route add 203.0.113.128/25 dev tun0
	END
	spawn r4 "$python" "$lab_source/tests/lib/responder.py" tun0 "${rules[@]}" \
		203.0.113.144=200 203.0.113.145=ack 203.0.113.146=none 203.0.113.147=pshack \
		203.0.113.148=open,closed,open 203.0.113.149=ack,closed,pshack \
		203.0.113.150=13@203.0.113.200 203.0.113.151=- 203.0.113.152=ecn \
		203.0.113.153=10@203.0.113.200,open,open 203.0.113.154=open,open,13@203.0.113.200 \
		203.0.113.155=open,-,open 203.0.113.156=-,open,- \
		>"$lab_dir/responder.out"
	wait_for "the made-up hosts" grep -q ready "$lab_dir/responder.out"
	# r4 answers no ARP for them, h reaches them through r4 alone.
	lab_ip d <<< 'route add 203.0.113.128/25 via 203.0.113.1'
}

lab_chain
second_link
silences
rewriting
rejecting
made_up_hosts
lab_node island
lab_ip h <<< 'addr add 198.18.1.100/24 dev eth0'
start_dnsmasq 4 # the original knows no IPv6
start_nginx d 80 443 8080
start_nginx h 7777

# --- the cases -------------------------------------------------------------

names=()
running=0

# same NAME [KEY=VALUE...] -- ARGUMENT...
#   ours=WORDS   further arguments of our program       theirs=WORDS   of the original
#   status=N     our exit status, where ours differs
#   out=SED err=SED   what ours prints instead: an edit of the original's text
#   before=COMMAND   before each of the two runs
#   as=nobody    without privilege        in=NODE   where to run it
same() {
	# shellcheck disable=SC2034  # "compare" reads them by name
	local name=$1 ours='' theirs='' status='' out='' err='' as='' in=h before=:
	shift
	while [ "$1" != -- ]; do
		declare "${1%%=*}=${1#*=}"
		shift
	done
	shift
	names+=("$name")
	local dir=$lab_dir/case.$((${#names[@]} - 1)) words=("$@")
	mkdir "$dir"
	declare -p ours theirs status out err as in before words >"$dir/case"
	start "$dir" original_run
}
jobs=()

# start DIR FUNCTION: with the case's own values, eight at a time.
start() {
	while [ "$running" -ge 8 ]; do
		wait -n -p finished "${jobs[@]}"
		unset "jobs[$finished]"
		running=$((running - 1))
	done
	in_case "$@" >"$1/diff" 2>&1 &
	jobs[$!]=$!
	running=$((running + 1))
}

# Without names "wait" would wait for the servers as well.
drain() {
	[ ${#jobs[@]} -eq 0 ] || wait "${jobs[@]}"
	jobs=() running=0
}

in_case() {
	# shellcheck disable=SC1091  # what "same" wrote
	. "$1/case"
	"$2" "$1"
}

# shellcheck disable=SC2317
run_one() {
	local to=$1
	shift
	if [ "$as" = nobody ]; then
		at "$in" "${bound[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		at "$in" "${bound[@]}" "$@"
	fi >"$to.out" 2>"$to.err"
	echo $? >"$to.status"
}

# masked FILE [EDIT]: an edit of the original's text is only made where the programs differ.
# shellcheck disable=SC2317
masked() {
	[ -s "$1" ] || return 0
	if self_check; then set -- "$1"; fi
	sed -E -e "$mask_times" -e '/^Selected device/s/, port [0-9]+ for/, port P for/' -e "${2:-}" "$1"
}

# agree WHAT FILE FILE: or how they differ.
# shellcheck disable=SC2317
agree() {
	local wanted
	text_of "$2"
	wanted=$text
	text_of "$3"
	[ "$text" = "$wanted" ] || diff -u --label "original $1" --label "ours $1" "$2" "$3"
}

# shellcheck disable=SC2154,SC2317  # by name, with the values of the case
original_run() {
	local others=()
	read -ra others <<<"$theirs"
	$before
	run_one "$1/original" "$original" "${others[@]}" "${words[@]}"
}

# shellcheck disable=SC2154,SC2317
compare() {
	local dir=$1 more=() stream failed=0
	read -ra more <<<"$ours"
	! self_check || read -ra more <<<"$theirs"
	$before
	run_one "$dir/ours" "$TTR" "${more[@]}" "${words[@]}"
	self_check || [ -z "$status" ] || echo "$status" >"$dir/original.status"
	status=''
	for stream in out err; do
		masked "$dir/original.$stream" "${!stream}" >"$dir/wanted.$stream"
		masked "$dir/ours.$stream" >"$dir/got.$stream"
		agree "$stream" "$dir/wanted.$stream" "$dir/got.$stream" || failed=1
	done
	agree status "$dir/original.status" "$dir/ours.status" || failed=1
	return "$failed"
}

# Ours runs when the original is done in all cases: it takes any segment from the
# target to its port for its own (bug d), and gives the port back before it
# begins, so that one of our flows could get the same port in the same second.
report() {
	local i
	drain
	for i in "${!names[@]}"; do
		start "$lab_dir/case.$i" compare
	done
	drain
	for i in "${!names[@]}"; do
		if [ -s "$lab_dir/case.$i/diff" ]; then
			fail "${names[i]}" "$(<"$lab_dir/case.$i/diff")"
		elif [ ! -e "$lab_dir/case.$i/ours.status" ]; then
			fail "${names[i]}" "did not run"
		else
			pass "${names[i]}"
		fi
	done
}

www=203.0.113.80

# With --track-port the original looks at nothing but the port: errors that are meant for another
# one would be taken for its own.
alone() {
	drain
	same "$@"
	drain
}

# Silence first: these take the original longest.
same "not reached"                     -- -w 1 -m 6 $www 82
same "nothing answers but routers, -q 2" -- -q 2 -w 1 -m 7 203.0.113.151 80
same "silent hop"                      -- -w 1 203.0.113.83 80
same "silent hop, -q 1"                -- -w 1 -q 1 203.0.113.83 80
same "lost: A * A" before='only 84 0,2' -- -w 1 203.0.113.84 80
same "lost: * A A" before='only 85 1,2' -- -w 1 203.0.113.85 80
same "lost: A A *" before='only 86 0,1' -- -w 1 203.0.113.86 80
same "lost: * A *" before='only 87 1'   -- -w 1 203.0.113.87 80

same "open"                            -- www.example.net 80
same "open, by address"                -- $www 80
same "default port"                    -- www.example.net
same "closed"                          -- www.example.net 81
same "service name"                    -- www.example.net https
same "port with a service name"        -- $www 443
same "port without a service name"     -- $www 8081
same "options last"                    -- www.example.net -q1 80
same "options between"                 -- www.example.net -n 80 -q 2
same "-q 1"                            -- -q 1 www.example.net 80
same "-q 2"                            -- -q 2 www.example.net 81
same "-q 10"                           -- -q 10 www.example.net 81
same "-n"                              -- -n www.example.net 80
same "-N"                              -- -N www.example.net 80
same "-N -n: the last wins"            -- -N -n www.example.net 80
same "-n -N: the last wins"            -- -n -N www.example.net 80
same "-f 3"                            -- -f 3 www.example.net 80
same "-f 5 -m 5"                       -- -f 5 -m 5 www.example.net 80
same "-f 255 -m 255 -q 1"              -- -f 255 -m 255 -q 1 www.example.net 80
same "-m 3: not reached"               -- -m 3 www.example.net 80
same "-m 5: just reached"              -- -m 5 www.example.net 80
same "-w 2"                            -- -w 2 www.example.net 80
same "-i eth0"                         -- -i eth0 www.example.net 80
same "-i any"                          -- -i any www.example.net 80
same "-s of the device"                -- -s 198.18.1.1 www.example.net 80
same "-s second address"               -- -s 198.18.1.100 www.example.net 80
same "-p"                              -- -p 40001 www.example.net 81
same "-P"                              -- -P 40002 www.example.net 81
same "-P in use"                       -- -P 7777 www.example.net 81
same "-F"                              -- -F www.example.net 80
same "-t 16"                           -- -t 16 www.example.net 80
# -t 256: the original sends 0; ours refuses it, as it does the port 99999 (usage.sh)
same "-l 100"            ours='--syn bare' -- -l 100 www.example.net 80
same "-l 40"             ours='--syn bare' -- -l 40 www.example.net 80
same "length as third word" ours='--syn bare' -- www.example.net 80 120
same "-l 20: a warning"  ours='--syn bare' -- -l 20 www.example.net 80
same "-l 1400"                         -- -l 1400 www.example.net 80
same "-S"                              -- -S www.example.net 80
same "-A"                              -- -A www.example.net 80
same "-E"                              -- -E www.example.net 80
same "-S -E"                           -- -S -E www.example.net 80
same "-A -E"                           -- -A -E www.example.net 80
same "-S -A"                           -- -S -A www.example.net 80
same "--syn bare, open"  ours='--syn bare' -- www.example.net 80
same "--track-id"                      -- --track-id www.example.net 80
same "--track-ipid"                    -- --track-ipid www.example.net 80
alone "--track-port"                   -- --track-port www.example.net 80
alone "--track-port, closed"           -- www.example.net 81 --track-port
same "--track-port -p: a warning"      -- --track-port -p 40003 www.example.net 81

same "a hop with two addresses: A B A" -- 203.0.113.88 81
same "a hop with two addresses: A A B" -- 203.0.113.89 81

for mode in --no-dnat --dnat; do
	same "$mode: address"              -- $mode 203.0.113.91 80
	same "$mode: address, -q 1"        -- $mode -q 1 203.0.113.91 80
	same "$mode: address and port"     -- $mode 203.0.113.94 80
	same "$mode: translated with memory" -- $mode 203.0.113.96 80
	same "$mode: nothing rewritten"    -- $mode www.example.net 80
done
same "--no-dnat: port"                 -- --no-dnat 203.0.113.93 80
# Bug (b) mended: the original prints 0.0.0.0 for an address that did not change.
same "--dnat: port" out='s/0\.0\.0\.0:8080/203.0.113.93:8080/' -- --dnat 203.0.113.93 80
same "--no-dnat-strict: address"       -- --no-dnat-strict -w 1 -q 1 203.0.113.91 80
same "--no-dnat-strict: port"          -- --no-dnat-strict -w 1 -q 1 203.0.113.93 80
same "--no-dnat-strict: nothing rewritten" -- --no-dnat-strict www.example.net 80
same "the default is --no-dnat"        -- 203.0.113.91 80

for code in $(seq 0 15); do
	same "unreachable code $code"      -- -n 203.0.113.$((128 + code)) 80
done
same "unreachable code 200"            -- -n 203.0.113.144 80
same "unreachable from a router"       -- 203.0.113.150 80
for code in 0 1 2 3 9 10 13; do
	same "rejected by a router, code $code" -- 203.0.113.97 $((9000 + code))
done
same "reset by a router"               -- 203.0.113.97 9099

# A made-up host that answers every query its own way. Ours has a source port for
# each query, the original one for each probe with --track-port.
turn() {
	alone "$1" before="again $2" theirs=--track-port err='s/ for outgoing/, port P for outgoing/' \
		-- -n -w 1 "203.0.113.$2" 80
}
turn "open, *, open" 155
turn "*, open, *" 156
turn "unreachable, open, open" 153
turn "open, open, unreachable" 154
turn "open, closed, open" 148
turn "ACK, RST, PSH ACK" 149

same "answer ACK"                      -- -n 203.0.113.145 80
same "answer without flags"            -- -n 203.0.113.146 80
same "answer PSH ACK"                  -- -n 203.0.113.147 80
same "answer SYN ACK ECE"              -- -n -E 203.0.113.152 80

same "own address"                     -- 198.18.1.1 7777
same "own address, closed"             -- 198.18.1.1 7778
same "loopback"                        -- 127.0.0.1 7777
same "next neighbour"                  -- 198.18.1.2 81
same "a router in the middle"          -- -N 10.0.3.2 81
# Linux answers five times in a row at most when it has no route.
same "no route on the way"             -- -q 2 -m 4 192.0.2.77 80
same "--no-select"                     -- --no-select www.example.net 80
same "--select"                        -- --select www.example.net 80

# Errors. Ours exits with 2 for usage and 3 for the environment (the original
# always with 1), and prints neither banner nor usage text around the message.
usage() {
	local name=$1
	shift
	# shellcheck disable=SC2016  # sed text
	same "error: $name" status=2 out=d err='/^Usage:/,$d' "$@"
}
trouble() {
	local name=$1
	shift
	same "error: $name" status=3 "$@"
}
# The letter is lost in the original (bug c); ours names the option.
number() {
	usage "-$1 $2" err="s/^(Numeric argument required for -).*/\\1$1/" -- "-$1" "$2" $www
}

usage "unknown long word"              -- --bogus $www
usage "unknown letter"                 -- -Z $www
usage "missing argument"               -- $www -q
for letter in l f m p P q t; do
	number $letter x1
done
number w x
usage "unknown service"                -- $www nosuchport
usage "empty service"                  -- $www ''
usage "-f 0"                           -- -f 0 $www
usage "-m 0"                           -- -m 0 $www
usage "-f 256"                         -- -f 256 $www
usage "-m 256"                         -- -m 256 $www
usage "-f 5 -m 3"                      -- -f 5 -m 3 $www
usage "-q 0"                           -- -q 0 $www
usage "-w 0"                           -- -w 0 $www
trouble "unknown host"                 -- nosuch.example.net 80
trouble "no such device"               -- -i nosuch $www 80
trouble "-s is no address"             -- -s nosuch.example.net $www 80
trouble "-p in use"                    -- -p 7777 $www 80
trouble "length above the MTU" ours='--syn bare' -- -q 1 -l 9000 $www 80
trouble "no route" in=island           -- $www 80

report

# A * B: the original prints B's time as if it were A's (bug a); ours names B.
only 90 0,2
run_at h "$TTR" -w 1 203.0.113.90 81
if self_check; then
	like "A * B, as the original has it" "$(mask_times <<<"$out")" \
		$'\n 2  r2.example.net \\(198.18.2.2\\)  T \\* T\n'
else
	like "A * B names B (mended)" "$(mask_times <<<"$out")" \
		$'\n 2  r2.example.net \\(198.18.2.2\\)  T \\*\n    r2b.example.net \\(198.18.2.130\\) +T\n'
fi

done_testing
