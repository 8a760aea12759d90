#!/bin/bash
# The same program twice: built in two places, at other times, by other rules of the shell.
#
# reproducible.sh SOURCE-ROOT: status 0 if program and manual page are the same, byte for byte.

set -eu
root=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/ttr-twice.XXXXXX")
trap 'rm -rf "$work"' EXIT

# copy PLACE: what is under version control, or else everything but builds.
copy() {
	mkdir -p "$1"
	(cd "$root" && tar --exclude=./build --exclude=./.git -cf - .) | tar -C "$1" -xf -
}

# build PLACE UMASK VARIABLE...: installed under PLACE.installed
build() {
	local place=$1 mask=$2
	shift 2
	copy "$place"
	(
		umask "$mask"
		env "$@" meson setup "$place/build" "$place" --prefix=/usr
		env "$@" ninja -C "$place/build" tcptraceroute
		env "$@" DESTDIR="$place.installed" meson install -C "$place/build" --no-rebuild
	) >"$place.log" 2>&1 || { cat "$place.log"; exit 1; }
}

sums() {
	(cd "$1.installed" && find . -type f -exec sha256sum {} + | sort -k 2)
}

build "$work/one" 022 TZ=UTC LC_ALL=C HOME=/nonexistent
build "$work/another/place/with a blank" 077 TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 HOME=/
first=$(sums "$work/one")
second=$(sums "$work/another/place/with a blank")
printf '%s\n' "$first"
[ "$(wc -l <<< "$first")" -ge 2 ] || { echo "too few files were installed"; exit 1; }
[ "$first" = "$second" ] || { printf '%s\n' "differs:" "$second"; exit 1; }
