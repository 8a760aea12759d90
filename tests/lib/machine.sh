# shellcheck shell=bash disable=SC2034  # used by those who source this
# What tests/run and tests/try need of the machine: packages and a build.
# Both are quiet unless they fail; then the log is shown.

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build_dir=$source_dir/build
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C PATH

build_packages=(meson ninja-build gcc libc6-dev pkg-config libevent-dev libpcap-dev
	libc-ares-dev libmnl-dev libcap-dev libseccomp-dev libjansson-dev)
lab_packages=(iproute2 util-linux netbase)
test_packages=(libcmocka-dev nftables nginx-light dnsmasq-base tcpdump jq mandoc
	tcptraceroute traceroute mtr-tiny nmap iputils-ping procps strace valgrind clang python3
	libcap2-bin)

say() {
	printf '%s\n' "$@"
}

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "Network namespaces need root: sudo $0 $*"
}

machine_init() {
	work_dir=$(mktemp -d "${TMPDIR:-/tmp}/ttr.XXXXXX")
	chmod 755 "$work_dir"
	policy=/usr/sbin/policy-rc.d
}

machine_fini() {
	[ ! -e "$work_dir/policy" ] || rm -f "$policy"
	rm -rf "$work_dir"
}

# quietly WHAT COMMAND...: show the output only when it fails.
quietly() {
	local what=$1 log
	shift
	log=$(mktemp "$work_dir/log.XXXXXX")
	chmod 666 "$log"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		say "$what failed; its output is above." >&2
		return 1
	fi
}

# --- packages --------------------------------------------------------------

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

known() {
	apt-cache show "$1" 2>/dev/null | grep -q '^Package:'
}

apt_get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"
}

# No service may start only because its package is here now.
forbid_services() {
	[ ! -e "$policy" ] || return 0
	: >"$work_dir/policy"
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

allow_services() {
	[ ! -e "$work_dir/policy" ] || rm -f "$policy" "$work_dir/policy"
}

install_now() {
	apt_get update || true
	forbid_services
	apt_get install --no-install-recommends "$@"
	local status=$?
	allow_services
	return "$status"
}

# packages NAME...: install what is missing.
packages() {
	local name missing=()
	command -v dpkg-query >/dev/null || return 0
	for name; do
		installed "$name" || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing ${missing[*]} ..."
	quietly "Installing packages" install_now "${missing[@]}" || return 1
	# Not at the next start of the machine either.
	case " ${missing[*]} " in
	*" nginx-light "*) systemctl disable nginx >/dev/null 2>&1 || true ;;
	esac
}

# The sanitizers' run time of this release's clang, where it is a package.
clang_runtime() {
	local version
	version=$(clang -dumpversion 2>/dev/null) || return 0
	version=libclang-rt-${version%%.*}-dev
	if ! installed "$version" && known "$version"; then
		packages "$version"
	fi
}

# --- the build -------------------------------------------------------------

# The tree's owner builds, so that nothing in it ends up as root's.
as_owner() {
	local place=$source_dir uid
	[ ! -d "$build_dir" ] || place=$build_dir
	uid=$(stat -c %u "$place")
	if [ "$uid" -eq 0 ]; then
		"$@"
	else
		setpriv --reuid "$uid" --regid "$(stat -c %g "$place")" --clear-groups \
			env HOME="$(getent passwd "$uid" | cut -d: -f6)" "$@"
	fi
}

# set_up DIRECTORY MESON-OPTION...: what was installed since it was configured last is found.
set_up() {
	local directory=$1 again=()
	shift
	[ ! -e "$directory/build.ninja" ] || again=(--reconfigure)
	as_owner meson setup "${again[@]}" "$directory" "$source_dir" "$@"
}

# build [DIRECTORY [MESON-OPTION...]]: at most one at a time in this tree.
build() {
	local directory=${1:-$build_dir}
	shift
	{
		flock 9
		set_up "$directory" "$@" && as_owner ninja -C "$directory"
	} 9<"$source_dir/tests/lib"
}

# --- what a killed test left behind ----------------------------------------

sweep() {
	local directory owner
	sweep_namespaces
	for directory in /var/tmp/ttr-*; do
		[[ $directory =~ ^/var/tmp/ttr-[a-z]+-([0-9]+)\.[A-Za-z0-9]+$ ]] || continue
		owner=${BASH_REMATCH[1]}
		kill -0 "$owner" 2>/dev/null || rm -rf "$directory"
	done
}

sweep_namespaces() {
	local name owner pid
	ip netns list 2>/dev/null | while read -r name _; do
		[[ $name =~ ^ttr-[a-z]+-([0-9]+)(-[a-z0-9]+)?$ ]] || continue
		owner=${BASH_REMATCH[1]}
		kill -0 "$owner" 2>/dev/null && continue
		for pid in $(ip netns pids "$name" 2>/dev/null); do
			kill -KILL "$pid" 2>/dev/null
		done
		ip netns delete "$name"
	done
}
