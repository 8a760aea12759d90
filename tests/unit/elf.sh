#!/usr/bin/env bash
# The program as a file: how it was hardened, what it links with, what it can call.
#
# elf.sh SOURCE-ROOT PROGRAM PLAIN SANITIZED OPTIMIZED SANDBOX
#
# PLAIN: a program that was built without hardening, to see that a breach is found.

set -u
root=$1
program=$2
plain=$3
sanitized=$4
optimized=$5
sandbox=$6
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"

command -v readelf >/dev/null || skip_all "no readelf"
[ "$sanitized" = no ] || skip_all "sanitizers link differently"

header() {
	LC_ALL=C readelf -hW "$1" | awk '$1 == "Type:" { print $2 }'
}

dynamic() {
	LC_ALL=C readelf -dW "$1"
}

segments() {
	LC_ALL=C readelf -lW "$1"
}

imports() {
	LC_ALL=C readelf --dyn-syms -W "$1" | awk '$7 == "UND" && $8 != "" { sub(/@.*/, "", $8); print $8 }' | sort -u
}

libraries() {
	dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sed 's/\.so.*//' | sort
}

is_pie() {
	[ "$(header "$1")" = DYN ] && dynamic "$1" | grep -q 'FLAGS_1.*\bPIE\b'
}

binds_now() {
	dynamic "$1" | grep -qE 'FLAGS.*BIND_NOW|FLAGS_1.*\bNOW\b'
}

has_relro() {
	segments "$1" | grep -q GNU_RELRO
}

stack_flags() {
	segments "$1" | awk '$1 == "GNU_STACK" { print $(NF - 1) }'
}

has_path() {
	dynamic "$1" | grep -qE 'RPATH|RUNPATH'
}

has_text_relocations() {
	dynamic "$1" | grep -q TEXTREL
}

# Segments that can be written and executed at the same time.
writable_code() {
	segments "$1" | awk '$1 == "LOAD" && / RWE /'
}

calls() {
	imports "$1" | grep -qxE "$2"
}

ok 'position independent' is_pie "$program"
ok 'all is bound at the start' binds_now "$program"
ok 'relocations are read-only afterwards' has_relro "$program"
is 'the stack is not executable' "$(stack_flags "$program")" RW
is 'nothing is writable and executable' "$(writable_code "$program")" ''
not_ok 'no path for libraries' has_path "$program"
not_ok 'no text relocations' has_text_relocations "$program"
ok 'the stack is guarded' calls "$program" __stack_chk_fail
if [ "$optimized" = yes ]; then
	ok 'lengths are checked' calls "$program" '__[a-z]+_chk'
else
	skip 'lengths are checked' 'not optimised'
fi
not_ok 'no sanitizer' calls "$program" '__(asan|ubsan|msan|tsan|lsan)_.*'

# S17: the libraries, and nothing that runs programs, loads code or takes what it is not told.
wanted=(libc libcap libcares libevent_core-2.1 libjansson libmnl libpcap)
[ "$sandbox" = no ] || wanted+=(libseccomp)
is 'S17: libraries' "$(libraries "$program")" "$(printf '%s\n' "${wanted[@]}" | sort)"
is 'S17: no programs, no code, no unsafe calls' "$(imports "$program" | grep -xE \
	'system|popen|exec[a-z]*|posix_spawnp?|v?fork|clone|dlopen|dlsym|gets|strtok|v?sprintf|atoi|mktemp|tmpnam|alloca|select')" ''
is 'S17: the environment is read for the terminal alone' \
	"$(cd "$root/src" && grep -rlE --include="*.c" '\b(secure_)?getenv\(' . | sort)" \
	$'./cli/report.c\n./cli/sweep_main.c'

# The same questions to a program that was built without: each has to be able to fail.
not_ok 'control: not position independent' is_pie "$plain"
not_ok 'control: not bound at the start' binds_now "$plain"
not_ok 'control: writable relocations' has_relro "$plain"
not_ok 'control: no guard' calls "$plain" __stack_chk_fail
not_ok 'control: no checks' calls "$plain" '__[a-z]+_chk'
ok 'control: a path' has_path "$plain"
is 'control: an executable stack' "$(stack_flags "$plain")" RWE
ok 'control: unsafe calls are seen' calls "$plain" system

done_testing
