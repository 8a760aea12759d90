#!/bin/bash
# shellcheck disable=SC2016  # scripts for another shell
# Output that cannot be written, signals, memory that is not there. Tests are named after the
# rows of the list of faults.
#
#   h .1 ---- .2 r1 ---- r2 ---- r3 ---- r4 .1 ---- .80 d
#     198.18.1/24    five hops, see lab.sh    203.0.113/24

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init output
lab_chain
start_nginx d 80
nft_at r1 <<-'END'
	table ip silence {
		chain in {
			type filter hook prerouting priority 0
			ip daddr 203.0.113.98 drop
		}
	}
END

www=203.0.113.80
in_shell() {
	run_at h "$BASH" -c "$1" shell "$TTR" "${2:-$www}" "$lab_dir"
}

hops() {
	jq -c '[.ports[0].hops[].probes[0].address]' <<<"$out" 2>&1
}

ttr -n --json -q 1 $www 80
whole=$(hops)
like "the path" "$whole" '203\.0\.113\.80'

# --- output ----------------------------------------------------------------

for format in '' --json --ndjson; do
	in_shell "\"\$1\" -n $format \"\$2\" 80 >/dev/full"
	is "I25 /dev/full $format: status 4" "$status" 4
	like "I25 /dev/full $format: it is said" "$err" 'standard output: No space left on device'
done
# A disk of 4096 bytes that takes a part of the document.
in_shell 'unshare -m "$BASH" -c "mount -t tmpfs -o size=4k none /mnt || exit 99
	\"\$1\" -n --json -q 40 \"\$2\" 80 >/mnt/out; status=\$?; wc -c </mnt/out; exit \$status" - "$1" "$2"'
is "I25 disk full after a part: status 4" "$status" 4
like "I25 disk full after a part: it is said" "$err" 'standard output: No space left on device'
in_shell '"$1" -n "$2" 80 >&-'
is "I25 stdout is closed: status 4" "$status" 4

# The reader takes nothing; a page fits into the pipe.
slow_reader='import fcntl, os, subprocess, sys
reader, writer = os.pipe()
fcntl.fcntl(writer, 1031, 4096)
ended = subprocess.run(sys.argv[1:], stdout=writer, stdin=subprocess.DEVNULL)
os.close(writer)
print(len(os.read(reader, 65536)))
sys.exit(ended.returncode)'
run_at h "$python" -c "$slow_reader" "$TTR" -n --ndjson -q 40 --max-time 1 $www 80
is "I26 a reader that takes nothing: --max-time ends it, status 4" "$status" 4
like "I26 a reader that takes nothing: it is said" "$err" 'standard output: Timer expired'
like "I26 a reader that takes nothing: he has what he could take" "$out" '^[1-9][0-9]*$'
# He takes it in the end: nothing is lost.
in_shell '"$1" -n --ndjson -q 40 "$2" 80 | { sleep 0.5; cat; }'
is "I26 a reader that is late: all events" "$(grep -c '"event": *"probe"' <<<"$out")" \
	"$(jq -s '[.[] | select(.event == "probe")] | length' <<<"$out")"
is "I26 a reader that is late: the end" "$(tail -n 1 <<<"$out" | jq -r .event)" end

for to in '>&-' '>/dev/full'; do
	in_shell "\"\$1\" -n --json -q 1 \"\$2\" 80 2$to"
	is "I27 stderr 2$to: status 0" "$status" 0
	is "I27 stderr 2$to: the same path" "$(hops)" "$whole"
done
in_shell '"$1" -n -w 3 "$2" 80 & pid=$!
	until grep -q "^SigCgt:.*[1-9a-f]" /proc/$pid/status && [ "$(ls /proc/$pid/fd | wc -l)" -gt 4 ]; do :; done
	kill -HUP $pid; wait $pid' 203.0.113.98
is "I28 SIGHUP: ended by it" "$status" 129
# A kilobyte may be written to a file.
in_shell 'ulimit -f 1; "$1" -n --json -q 20 "$2" 80 >"$3/large"'
is "I30 the file is as large as it may be: status 4" "$status" 4
like "I30 the file is as large as it may be: it is said" "$err" 'standard output: File too large'

# --- locales ---------------------------------------------------------------

shape() {
	sed -E 's/[0-9]+\.[0-9]+/T/g; s/"(started|source_port|probes_sent|replies)": *[^,]*/"\1":T/g' <<<"$out"
}
run_at h env -u LC_ALL "$TTR" -n --json -q 1 $www 80
plain=$(shape)
for locale in tr_TR.UTF-8 de_DE.UTF-8 C.UTF-8 xx_XX.broken; do
	run_at h env LC_ALL=$locale LC_NUMERIC=$locale "$TTR" -n --json -q 1 $www 80
	is "I42 $locale: the same JSON" "$(shape)" "$plain"
done

# --- memory ----------------------------------------------------------------

allocations() {
	at h env LD_PRELOAD="$NO_MEMORY" "$@" 2>&1 >/dev/null | sed -n 's/^allocations: //p'
}

bound=(timeout -k 5 60)

# fails_at NUMBER [ALL]: leaves $verdict, what is wrong with how the program takes it.
fails_at() {
	run_at h env LD_PRELOAD="$NO_MEMORY" NO_MEMORY_AT="$1" ${2:+NO_MEMORY_ALL=1} \
		ASAN_OPTIONS=detect_leaks=0 "$TTR" -n --json -q 1 -m 5 --max-time 10 $www 80
	verdict=
	case $status in
	0 | 1) jq -e . <<<"$out" >/dev/null 2>&1 || verdict="status $status, but no JSON" ;;
	3) [ -n "$err" ] || verdict="status 3 without a word" ;;
	4) [ -n "$err" ] || verdict="status 4 without a word" ;;
	2) # libpcap's scanner ends the program by itself
		[[ $err == *'out of dynamic memory in yy'* ]] || verdict="status 2" ;;
	126 | 127) ;; # the loader, in front of the program
	*) verdict="status $status" ;;
	esac
}

if [ -n "${NO_MEMORY:-}" ] && ! nm -D "$TTR" 2>/dev/null | grep -q __asan; then
	count=$(allocations "$TTR" -n --json -q 1 -m 5 $www 80)
	like "I1 I2 allocations are counted" "$count" '^[1-9][0-9]+$'
	step=1
	[ -n "${TEST_LONG:-}" ] || step=$((count / 40 + 1))
	wrong=
	for ((n = 1; n <= count; n += step)); do
		fails_at $n
		[ -z "$verdict" ] || wrong+="allocation $n of $count: $verdict"$'\n'
	done
	is "I1 I2 one allocation fails, each in turn (every $step.)" "$wrong" ''
	wrong=
	for ((n = 1; n <= count; n += step * 4)); do
		fails_at $n all
		[ -z "$verdict" ] || wrong+="all from $n of $count: $verdict"$'\n'
	done
	is "I1 I2 all allocations from one on fail" "$wrong" ''
else
	skip "I1 I2 allocations that fail" "not with the address sanitizer"
fi

# --- I29: little memory ------------------------------------------------------

# confined_to KILOBYTES ARGUMENT...: leaves $verdict, what is wrong with how the program takes it.
confined_to() {
	run_at h prlimit --as=$(($1 * 1024)) "$TTR" "${@:2}"
	verdict=
	case $status in
	0) jq -e '.ports[0].state == "open"' <<<"$out" >/dev/null 2>&1 || verdict="status 0, but no JSON" ;;
	3 | 4) [ -n "$err" ] || verdict="status $status without a word" ;;
	126 | 127) ;; # the loader, in front of the program
	*) verdict="status $status" ;;
	esac
	[[ $err != *'missing: '* ]] || verdict="goes on without sandbox"
}

if ! nm -D "$TTR" 2>/dev/null | grep -q __asan; then
	step=512
	[ -z "${TEST_LONG:-}" ] || step=100
	for mode in --require-raw --unprivileged; do
		wrong= seen=
		for ((kilobytes = 5120; kilobytes <= 32768; kilobytes += step)); do
			confined_to $kilobytes $mode -n --json -q 1 -m 5 --max-time 20 $www 80
			[ -z "$verdict" ] || wrong+="$kilobytes kB: $verdict"$'\n'
			seen+=" $status"
			[[ $seen != *' 0 0' ]] || break
		done
		is "I29 $mode, from 5 MB up, by steps of $step kB" "$wrong" ''
		like "I29 $mode: too little is said, enough is enough" "$seen" ' 3 .* 0$'
	done
else
	skip "I29 little memory" "not with the address sanitizer"
fi

done_testing
