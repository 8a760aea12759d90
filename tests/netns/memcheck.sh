#!/bin/bash
# The program under valgrind, over real routers: every kind of run, and no read of what is not
# there, nothing undefined that decides, nothing left behind.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24
#
# Valgrind cannot live in the sandbox: MEMCHECK is the same program without it.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

MEMCHECK=${MEMCHECK:-$lab_source/build/tests/netns/unconfined}
command -v valgrind >/dev/null || skip_all "no valgrind"

lab_init memcheck
lab_reach MEMCHECK
lab_chain
start_nginx d 80
start_dnsmasq both
nft_at r4 <<-'END2'
	table inet wall {
		chain forward {
			type filter hook forward priority 0
			tcp dport 2020 reject with tcp reset
			tcp dport 2021 drop
			meta l4proto tcp tcp dport 2022 reject with icmpx admin-prohibited
		}
	}
END2
wrapper=(valgrind -q --vgdb=no --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect
	--errors-for-leak-kinds=definite,indirect --track-fds=no)

# checked NAME STATUS ARGUMENT...: STATUS is a regex.
checked() {
	local name=$1 want=$2
	shift 2
	run_at h "${as[@]}" "${wrapper[@]}" "$MEMCHECK" "$@"
	if [[ $status =~ ^($want)$ ]] && ! grep -q '^==' <<<"$err"; then
		pass "$name"
	else
		fail "$name" "status $status, not $want" "$(head -40 <<<"$err")"
	fi
}

# A fault of the kind that is looked for is found.
cat >"$lab_dir/faulty.c" <<-'END2'
	#include <stdlib.h>
	int main(void) { volatile char *p = malloc(4); return p[4] != 0 && p[2]; }
END2
cc -g -o "$lab_dir/faulty" "$lab_dir/faulty.c" || bail_out "no compiler"
as=()
run_at h "${wrapper[@]}" "$lab_dir/faulty"
is "control: a read beyond the end is found" "$status" 99

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)
printf '%s\n' 203.0.113.80 203.0.113.81 'www.example.net 80,81' 'bad!name' 0.0.0.0 2001:db8:5::80 >"$lab_dir/list"
for mode in raw nobody; do
	as=()
	[ $mode = raw ] || as=("${nobody[@]}")
	for target in 203.0.113.80 2001:db8:5::80; do
		checked "$mode, $target: rows" 0 "$target" 80
		checked "$mode, $target: many ports, JSON" 1 --json -m 7 --max-time 20 "$target" 80,81,2020-2022
	done
	checked "$mode: a name, events, extensions" 0 --ndjson -e www.example.net 80
	checked "$mode: a grid" 1 -m 7 --max-time 20 www.example.net 80,81,2020-2022
	checked "$mode: silence, --max-time" 1 --json --max-time 1 203.0.113.80 2021
	checked "$mode: no such name" 3 nosuch.example.net
	checked "$mode: a closed port" 0 -n 203.0.113.80 81
done
as=()
checked "raw: changes, -A, TOS, length" '0|1' --changes --dnat -t 8 -l 100 -A 203.0.113.80 80
checked "raw: the old SYN, one port, a window" 0 --syn bare --isn random -p 40000 --window 2 203.0.113.80 80
checked "raw: --locate" 1 --locate --max-time 20 -m 7 203.0.113.80 80-90,2020-2022
checked "raw: a list" 1 --targets "$lab_dir/list" --ndjson 80
checked "raw: a list, JSON" 1 --targets "$lab_dir/list" --json -n --full 80
for words in '--help' '--version'; do
	checked "$words" 0 "$words"
done
checked "usage" 2 -m 0 203.0.113.80
checked "no argument" 2

done_testing
