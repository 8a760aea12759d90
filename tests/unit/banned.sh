#!/usr/bin/env bash
# Calls that are not to be in the sources: those without a bound, those that start other programs,
# those whose errors cannot be told. The environment is read where a report begins.
#
# banned.sh SOURCE-ROOT

set -u
root=$1
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"

banned='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|atoi|atol|atof|strtok|scanf|sscanf'
banned+='|system|popen|exec[lv]p?e?|fork|vfork|alloca|select|mktemp|tmpnam|strerror_r|gethostbyname'

# calls ROOT NAMES: "file:line: text" of each call; comments do not count.
calls() {
	(cd "$1" && grep -rnE --include='*.[ch]' "(^|[^_[:alnum:].>])($2)[[:space:]]*\\(" include src) |
		grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)'
}

is 'no banned call' "$(calls "$root" "$banned")" ''
is 'the environment is read by the two reports only' \
	"$(calls "$root" 'getenv|secure_getenv' | cut -d: -f1 | sort -u | paste -sd' ')" \
	'src/cli/report.c src/cli/sweep_main.c'

copy=$(mktemp -d) || bail_out 'no temporary directory'
cp -r "$root/include" "$root/src" "$copy"
for call in 'strcpy(a, b);' $'\tsprintf (a, b);' 'if (system("x"))' 'x = atoi(y);' 'return gets(x);'; do
	printf '%s\n' "$call" >"$copy/src/core/planted.c"
	like "found: $call" "$(calls "$copy" "$banned")" 'src/core/planted\.c:1:'
done
rm -rf "$copy"
done_testing
