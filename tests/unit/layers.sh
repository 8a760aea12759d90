#!/usr/bin/env bash
# The layers: cli -> net -> core -> libc, never upward; the core is pure; each library is known to
# one file. Every rule is also broken on purpose, in a copy, to see that the breach is found.
#
# layers.sh SOURCE-ROOT CORE-ARCHIVE

set -u
root=$1
archive=$2
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"

# What the core and the contract may include of the C library: no sockets, clocks, files, signals.
pure_headers=' errno.h limits.h stdbool.h stddef.h stdint.h stdlib.h string.h '

# What the core may call: memory and strings; what compilers put in by themselves (checks,
# sanitizers, counters, 64-bit division) is listed after it.
pure_symbols=' calloc free malloc memchr memcmp memcpy memmove memset
	strchr strcmp strlen strncmp strnlen strrchr '
added_by_compilers='^(bcmp|__(memcpy|memmove|memset)_chk|__stack_chk_(fail|fail_local|guard)'
added_by_compilers+='|__u?(div|mod|divmod)di[34]|_GLOBAL_OFFSET_TABLE_'
added_by_compilers+='|__(asan|ubsan|msan|tsan|sanitizer|sancov|gcov|llvm|start___llvm|stop___llvm)_.*)$'

# includes ROOT: "file header" of each #include; angle brackets are kept.
includes() {
	(cd "$1" && grep -rHoE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include.*' include src) |
		sed -E 's/^([^:]*):[[:space:]]*#[[:space:]]*include[[:space:]]*/\1 /
			s/^([^ ]*) (<[^>]*>).*/\1 \2/
			s/^([^ ]*) "([^"]*)".*/\1 \2/' | sort
}

# only DIR PATTERN...: complains about each "file header" on stdin, of files in DIR, that no PATTERN
# allows.
only() {
	local dir=$1 file header pattern
	shift
	while read -r file header; do
		[[ $file == "$dir"/* ]] || continue
		for pattern; do
			# shellcheck disable=SC2053  # a pattern it is
			[[ $header == $pattern ]] && continue 2
		done
		printf '%s: %s must not include %s\n' "$file" "$dir" "$header"
	done
}

# impure DIR: complains about each <header> on stdin, of files in DIR, that is not pure.
impure() {
	local file header name
	while read -r file header; do
		name=${header#<}
		[[ $file != "$1"/* || $header != '<'* || $pure_headers == *" ${name%>} "* ]] ||
			printf '%s: not pure: %s\n' "$file" "$header"
	done
}

# once LIBRARY PATTERN [FILES]: exactly one file includes it, a .c file in net if no other is named.
once() {
	local files wanted=${3:-src/net/*.c}
	files=$(awk -v pattern="$2" '$2 ~ pattern { print $1 }' | sort -u)
	# shellcheck disable=SC2254  # a pattern
	case $files in
	*$'\n'*) printf '%s is included by several files: %s\n' "$1" "${files//$'\n'/ }" ;;
	$wanted) ;;
	'') printf '%s is included by no file\n' "$1" ;;
	*) printf '%s is included by %s, not by %s\n' "$1" "$files" "$wanted" ;;
	esac
}

# directions LIST: all complaints about lines that includes() made.
directions() {
	only include 'tcptraceroute/*' '<*' <<<"$1"
	impure include <<<"$1"
	impure src/core <<<"$1"
	# The session is net's.
	only src/core 'core/*' 'tcptraceroute/[!s]*' 'tcptraceroute/settings.h' \
		'tcptraceroute/sweep.h' '<*' <<<"$1"
	only src/net 'net/*' 'core/*' 'tcptraceroute/*' '<*' <<<"$1"
	only src/cli 'cli/*' 'net/*' 'core/*' 'tcptraceroute/*' '<*' <<<"$1"
}

# libraries LIST: the same about files that share one.
libraries() {
	once libevent '^<event' <<<"$1"
	once libpcap '^<pcap' <<<"$1"
	# private to resolver.c and channel.c
	once c-ares '^<ares' src/net/channel.h <<<"$1"
}

# Names on stdin that the core may not need from outside.
foreign_symbols() {
	local name
	while read -r name; do
		[[ $pure_symbols == *[[:space:]]"$name"[[:space:]]* || $name =~ $added_by_compilers ]] ||
			printf '%s\n' "$name"
	done
}

# undefined ARCHIVE: what its members need and none of them has.
undefined() {
	comm -23 <(nm -u "$1" | awk '$1 == "U" { print $2 }' | sort -u) \
		<(nm --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u)
}

# breach NAME FILE LINE: with LINE put in a copy of FILE, FILE is complained about.
breach() {
	local copy list
	copy=$(mktemp -d) || bail_out 'no temporary directory'
	mkdir -p "$copy/include" "$copy/src" "$copy/${2%/*}"
	{
		cat "$root/$2"
		printf '%s\n' "$3"
	} >"$copy/$2"
	list=$(includes "$copy")
	like "found: $1" "$({
		directions "$list"
		libraries "$all"$'\n'"$list"
	} | grep -vxF "$complaints")" "$2"
	rm -rf "$copy"
}

all=$(includes "$root")
complaints=$(directions "$all"; libraries "$all")
is 'include directions' "$complaints" ''
is 'the core needs nothing but memory and strings' "$(undefined "$archive" | foreign_symbols)" ''
unlike 'the archive has symbols at all' "$(nm --defined-only "$archive" | grep -c ' T ttr_')" '^0$'

breach 'core includes net' src/core/tcp.c '#include "net/loop.h"'
breach 'core includes cli' src/core/tcp.c '#include "cli/text.h"'
breach 'core includes the session' src/core/tcp.c '#include "tcptraceroute/session.h"'
breach 'core includes sockets' src/core/tcp.h '#include <sys/socket.h>'
breach 'core includes the clock' src/core/tcp.c '#include <time.h>'
breach 'core includes stdio' src/core/tcp.c '  #  include <stdio.h>'
breach 'core includes a library' src/core/tcp.c '#include <pcap/pcap.h>'
breach 'core includes by a way round' src/core/tcp.c '#include "../net/loop.h"'
breach 'core includes what a macro says' src/core/tcp.c '#include HEADER'
breach 'the contract includes the core' include/tcptraceroute/reply.h '#include "core/tcp.h"'
breach 'the contract includes sockets' include/tcptraceroute/reply.h '#include <netinet/in.h>'
breach 'net includes cli' src/net/loop.c '#include "cli/text.h"'
breach 'libevent in two files' src/net/capture.c '#include <event2/util.h>'
breach 'libpcap in two files' src/cli/main.c '#include <pcap/dlt.h>'
breach 'c-ares in two files' src/net/loop.c '#include <ares_version.h>'

is 'found: a symbol that the core may not need' \
	"$(printf '%s\n' memcpy socket __memcpy_chk printf clock_gettime __asan_report_load4 |
		foreign_symbols)" $'socket\nprintf\nclock_gettime'

done_testing
