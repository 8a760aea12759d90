#!/bin/bash
# The same program twice: what was built, and the same built again in another place, at another
# time, by other rules of the shell.
#
# reproducible.sh SOURCE-ROOT BUILD: status 0 if program and manual page are the same, byte for byte.

set -eu
root=$1
built=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/ttr-twice.XXXXXX")
trap 'rm -rf "$work"' EXIT
place="$work/another/place/with a blank"

# What is under version control, or else everything but builds.
copy() {
	mkdir -p "$place"
	(cd "$root" && tar --exclude=./build --exclude=./.git -cf - .) | tar -C "$place" -xf -
}

# The words that configured the first one.
options() {
	sed -n '/^\[options\]/,/^\[properties\]/s/^\([^ ]*\) = \(.*\)/-D\1=\2/p' \
		"$built/meson-private/cmd_line.txt"
}

again() (
	umask 077
	export TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 HOME=/
	mapfile -t words < <(options)
	meson setup "$place/build" "$place" "${words[@]}" -Dwerror=true
	ninja -C "$place/build" tcptraceroute
)

# sums BUILD: of what it installs.
sums() {
	local to=$work/installed.${1//[!a-z]/}
	DESTDIR=$to meson install -C "$1" --no-rebuild --quiet >&2
	(cd "$to" && find . -type f -exec sha256sum {} + | sort -k 2)
}

copy
again >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
first=$(sums "$built")
second=$(sums "$place/build")
printf '%s\n' "$first"
[ "$(wc -l <<< "$first")" -ge 2 ] || { echo "too few files were installed"; exit 1; }
[ "$first" = "$second" ] || { printf '%s\n' "differs:" "$second"; exit 1; }
