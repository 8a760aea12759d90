# shellcheck shell=bash disable=SC2034  # used by those who source this
# TAP for bash: ok, is, like, unlike, skip, note, done_testing.
# Every check prints one line; a failed one explains itself in comments.

tap_count=0
tap_failed=0
tap_done=

# tap_line STATUS NAME [DIRECTIVE]: a test's name may not hold what TAP reads as one.
tap_line() {
	tap_count=$((tap_count + 1))
	printf '%s %d - %s%s\n' "$1" "$tap_count" "${2//[#$'\n']/ }" "${3:-}"
}

note() {
	printf '%s\n' "$*" | tr -d '\000' | cat -v | sed 's/^/# /'
}

pass() {
	tap_line ok "$1"
}

# fail NAME [COMMENT...]
fail() {
	local name=$1
	shift
	tap_failed=$((tap_failed + 1))
	tap_line 'not ok' "$name"
	[ $# -eq 0 ] || note "$@"
}

# skip NAME REASON: only where the machine lacks the feature.
skip() {
	tap_line ok "$1" " # SKIP $2"
}

# ok NAME COMMAND...: the command succeeds.
ok() {
	local name=$1
	shift
	if "$@"; then pass "$name"; else fail "$name" "failed: $*"; fi
}

# not_ok NAME COMMAND...: the command fails.
not_ok() {
	local name=$1
	shift
	if "$@"; then fail "$name" "succeeded: $*"; else pass "$name"; fi
}

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "$(diff -u --label wanted --label got \
			<(printf '%s\n' "$3") <(printf '%s\n' "$2"))"
	fi
}

# like NAME GOT REGEX (extended; matched against the whole text)
like() {
	if [[ $2 =~ $3 ]]; then pass "$1"; else fail "$1" "no match for: $3" "got: $2"; fi
}

unlike() {
	if [[ $2 =~ $3 ]]; then fail "$1" "unwanted match for: $3" "got: $2"; else pass "$1"; fi
}

done_testing() {
	printf '1..%d\n' "$tap_count"
	tap_done=1
	[ "$tap_failed" -eq 0 ]
	exit
}

# The whole file cannot run here.
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	tap_done=1
	exit 0
}

bail_out() {
	printf 'Bail out! %s\n' "$1"
	tap_done=1
	exit 99
}
