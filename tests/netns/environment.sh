#!/bin/bash
# What the environment, the standard descriptors and the limits of who starts it can do to it.
#
#  h .1 ----- 198.18.1.0/24 ----- .2 r1 (name server) --- ... --- d (203.0.113.80, drops TCP 81)
#
# "capable" has cap_net_raw+p and is started by uid 1000, so that nothing of the environment may
# count; each row has a control where the same thing does.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

inspect=$lab_source/tests/netns/inspect.py

lab_init environment
lab_chain
start_dnsmasq both
start_nginx d 80
nft_at d <<- END
	table inet silent {
		chain input {
			type filter hook input priority 0
			tcp dport 81 drop
		}
	}
END

mkdir "$lab_dir/bin"
install -m 755 "$TTR" "$lab_dir/bin/plain"
install -m 755 "$TTR" "$lab_dir/bin/capable"
setcap cap_net_raw+p "$lab_dir/bin/capable" || bail_out "setcap does not work here"
user=("$(command -v setpriv)" --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all)
trace=(-4 -n -q 1 www.example.net 80)

# capable VARIABLE=VALUE... [-- ARGUMENT...]: with nothing else in the environment.
capable() {
	started env -i "$@" "${user[@]}" "$lab_dir/bin/capable"
}

plain() {
	started env -i "$@" "$lab_dir/bin/plain"
}

started() {
	run_at h "$@" "${trace[@]}"
	shown=$(mask_times <<< "$out")
}

capable
is 'E8: without an environment' "$status,$(wc -l <<< "$shown")" 0,5
usual=$shown

# same ROW: the last run was like any other.
same() {
	is "$1: status" "$status" 0
	is "$1: rows" "$shown" "$usual"
	is "$1: nothing said but the heading" "$(wc -l <<< "$err"),$(grep -c '^Selected\|^Tracing' <<< "$err")" 2,2
}

# --- E1: code of others ----------------------------------------------------

cat >"$lab_dir/hook.c" <<- END
	#include <unistd.h>
	unsigned int la_version(unsigned int version) { return version; }
	__attribute__((constructor)) static void hook(void) { if (write(2, "hooked\n", 7)) { } }
END
cc -shared -fPIC -o "$lab_dir/hook.so" "$lab_dir/hook.c" || bail_out "no compiler"
chmod 755 "$lab_dir/hook.so"
for variable in LD_PRELOAD LD_AUDIT; do
	plain "$variable=$lab_dir/hook.so"
	like "E1 $variable: control" "$err" hooked
	run_at h "${user[@]}" env -i "$variable=$lab_dir/hook.so" "$lab_dir/bin/capable" "${trace[@]}"
	shown=$(mask_times <<< "$out")
	# env itself is hooked, and says so before it becomes the program
	is "E1 $variable: not in a program with the capability" "$status,$(grep -c hooked <<< "$err")" 0,0
done

# --- E2 to E4: files and rules of the resolver, of time zones ---------------

# look_for VARIABLE=VALUE WHO...: $files are those that nobody may open for it.
look_for() {
	run_at h strace -f -o "$lab_dir/strace" -e trace=open,openat env -i "$1" "${@:2}" --json "${trace[@]}"
	files=$(grep -oE 'open(at)?\([^"]*"[^"]*(shadow|zoneinfo|localtime)[^"]*"' "$lab_dir/strace")
	state=$(jq -r '.ports[0].state' <<< "$out")
}

for variable in HOSTALIASES=/etc/shadow LOCALDOMAIN=/etc/shadow TZ=:/etc/shadow TZ=../../etc/shadow \
	TZ=Europe/Berlin TZDIR=/etc/shadow LANG=../../etc/shadow; do
	look_for "$variable" "${user[@]}" "$lab_dir/bin/capable"
	is "E2, E4 $variable: no file is opened for it" "$files,$status,$state" ,0,open
	look_for "$variable" "$lab_dir/bin/plain"
	is "E2, E4 $variable: nor by root" "$files,$status,$state" ,0,open
done
ok 'E2, E4: files that are opened are seen' grep -q 'openat(.*resolv.conf' "$lab_dir/strace"

# searched COMMAND...: how often the name in another domain was asked for.
searched() {
	capture_start h eth0 'udp port 53'
	trace=(-4 -n -q 1 -m 1 www 80)
	"$@"
	trace=(-4 -n -q 1 www.example.net 80)
	capture_stop
	questions=$(captured 'udp port 53' | grep -c ' A? www\.sub\.example\.net\.')
}

searched plain LOCALDOMAIN=sub.example.net
ok 'E3 LOCALDOMAIN: control' test "$questions" -ge 1
searched capable LOCALDOMAIN=sub.example.net
is 'E3 LOCALDOMAIN: no effect with the capability' "$questions" 0
for variable in RES_OPTIONS=ndots:15 LOCALDOMAIN=example.org EVENT_NOEPOLL=1 EVENT_SHOW_METHOD=1 \
	EVENT_NOTIMERFD=1 CARES_HOSTS=/etc/shadow; do
	capable "$variable"
	same "E3 $variable"
done
run_at h strace -f -o "$lab_dir/strace" -e trace=epoll_create1,epoll_create env -i EVENT_NOEPOLL=1 \
	"${user[@]}" "$lab_dir/bin/capable" "${trace[@]}"
ok 'E3 EVENT_NOEPOLL: epoll all the same' grep -q epoll_create "$lab_dir/strace"

# --- E5 to E10 -------------------------------------------------------------

long=$(head -c 65536 /dev/zero | tr '\0' x)
capable TERM=
same 'E5 TERM empty'
capable "TERM=$long"
same 'E5 TERM of 64 KiB'
capable TERM=../x
same 'E5 TERM with a path'
for columns in -1 0 1 999999999 x; do
	capable "COLUMNS=$columns"
	same "E6 COLUMNS=$columns"
done
for locale in xx tr_TR.UTF-8 C.UTF-8 de_DE; do
	capable "LC_ALL=$locale"
	same "E7 LC_ALL=$locale"
	plain "LC_ALL=$locale"
	is "E7 LC_ALL=$locale: by root as well" "$shown" "$usual"
done
capable PATH=
same 'E9 PATH empty'
many=()
for i in {1..100}; do
	many+=("V$i=${long:0:10000}")
done
capable "${many[@]}"
same 'E10 1 MB of it'

# --- I24: standard descriptors that are closed -----------------------------

silent=(-4 -n -q 1 -m 5 -w 60 203.0.113.80 81)

# closed SHELL-REDIRECTIONS ARGUMENT...: the program is started with them.
closed() {
	local redirections=$1
	shift
	inside h "$BASH" -c "exec \"\$@\" $redirections" - "$lab_dir/bin/plain" "$@"
	"${inside[@]}" >"$lab_dir/closed.out" 2>"$lab_dir/closed.err" &
	pid=$!
	lab_pids+=("$pid")
}

is_sealed() {
	[ "$(awk '$1 == "Seccomp_filters:" { print $2 }' "/proc/$pid/status")" = 1 ]
}

for redirections in '<&-' '2>&-' '<&- 2>&-'; do
	closed "$redirections" "${silent[@]}"
	wait_for "the trace ($redirections)" is_sealed
	"$python" "$inspect" "$pid" >"$lab_dir/look.json"
	is "I24 $redirections: no socket gets the place of a standard descriptor" \
		"$(jq -r '.fds[] | select(.fd < 3) | .is' "$lab_dir/look.json" | grep -vE '^/|^pipe$')" ''
	end_process "$pid"
	closed "$redirections" "${trace[@]}"
	wait "$pid"
	is "I24 $redirections: the same rows" "$?,$(mask_times <"$lab_dir/closed.out")" "0,$usual"
done
for redirections in '>&-' '<&- >&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	capture_start h eth0 'tcp or (udp and port 53)'
	closed "$redirections" "${trace[@]}"
	wait "$pid"
	is "I24 $redirections: output cannot be written: status" "$?" 4
	capture_stop
	is "I24 $redirections: nothing was sent" "$(captured 'tcp or (udp and port 53)')" ''
done

# --- signals that are blocked, a stack that is small -------------------------

blocked='import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
signal.signal(signal.SIGHUP, signal.SIG_DFL) # nohup ignores it
os.execv(sys.argv[1], sys.argv[1:])'
for name in TERM HUP; do
	: >"$lab_dir/closed.out"
	inside h "$python" -c "$blocked" "$lab_dir/bin/plain" "${silent[@]}"
	"${inside[@]}" >"$lab_dir/closed.out" 2>"$lab_dir/closed.err" &
	pid=$!
	lab_pids+=("$pid")
	wait_for "row 4" grep -q '^ 4  ' "$lab_dir/closed.out"
	kill -$name "$pid"
	wait "$pid"
	is "I21 SIG$name, blocked by who started it: dies of it all the same" $? $((128 + $(kill -l $name)))
done
# shellcheck disable=SC2016  # the inner shell expands it
for size in 96 200 400; do
	for limit in S H; do
		run_at h "$BASH" -c 'ulimit -$1s $2; shift 2; exec "$@"' - "${limit/H/}" $size \
			"$lab_dir/bin/plain" "${trace[@]}"
		shown=$(mask_times <<< "$out")
		if [ $limit = S ] || [ $size -ge 256 ]; then
			is "I29 a stack of $size kB ($limit): the same rows" "$status,$shown" "0,$usual"
		else
			like "I29 a stack of $size kB ($limit): refused" "$status,$out,$err" '^3,,.*memory'
		fi
	done
done

done_testing
