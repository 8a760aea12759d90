#!/bin/bash
# What a running trace has given up, as the kernel says it, and what it cannot do any more.
#
#      198.18.1.0/24     198.18.2.0/24    10.0.3.0/24    198.18.4.0/24     203.0.113.0/24
#  h .1 ----------- .2 r1 .1 ------- .2 r2 .1 ----- .2 r3 .1 ------- .2 r4 .1 --------- .80 d
#                      name server                                                 (drops TCP)
#
# Each trace is looked at while it waits for d: started as root, by uid 1000 with cap_net_raw+p, and
# without any privilege; for an address and for a name, IPv4 and IPv6. "confined" goes through the same start sequence and
# then does what is forbidden.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

CONFINED=${CONFINED:-$lab_source/build/tests/netns/confined}
SANDBOX=${SANDBOX:-yes}
inspect=$lab_source/tests/netns/inspect.py
[ "$SANDBOX" = yes ] || skip_all "this build has no sandbox"

built=$(dirname "$TTR") # lab_init may name a copy
lab_init sandbox
lab_chain
nft_at d <<- END
	table inet silent {
		chain input {
			type filter hook input priority 0
			meta l4proto tcp drop
		}
	}
END
start_dnsmasq both

mkdir "$lab_dir/bin"
install -m 755 "$TTR" "$lab_dir/bin/plain"
install -m 755 "$TTR" "$lab_dir/bin/capable"
setcap cap_net_raw+p "$lab_dir/bin/capable" || bail_out "setcap does not work here"
install -m 755 "$CONFINED" "$lab_dir/bin/confined"
user=(setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all)

# --- a running trace -------------------------------------------------------

# What is asked of it, from the name of the way it was started.
words() {
	words=("$lab_dir/bin/plain")
	case $1 in
	user*) words=("${user[@]}" "$lab_dir/bin/capable") ;;
	nobody*) words=("${user[@]}" "$lab_dir/bin/plain") ;;
	esac
	words+=(--json -n -q 1 -m 5 -w 60)
	case $1 in
	*name6) words+=(-6 www.example.net) ;;
	*name) words+=(-4 www.example.net) ;;
	*6) words+=(2001:db8:5::80) ;;
	*) words+=(203.0.113.80) ;;
	esac
}

# shellcheck disable=SC2317  # "wait_for" calls it
# A name needs two filters, one after the other.
sealed() {
	local filters=1
	[[ $how != *name* ]] || filters=2
	[ "$(awk '$1 == "Seccomp_filters:" { print $2 }' "/proc/$pid/status")" = "$filters" ] &&
		[ -n "$(captured "tcp and $probes")" ]
}

# begin HOW: started with descriptors of others; $look is what inspect.py says.
begin() {
	how=$1
	words "$how"
	probes='ip'
	[[ $how != *6 ]] || probes='ip6'
	capture_start h eth0 'tcp or (udp and port 53)'
	spawn h "${words[@]}" >"$lab_dir/trace.out" 2>"$lab_dir/trace.err" \
		7</dev/null 63</dev/null 200</dev/null
	pid=$spawned
	wait_for "the trace ($how)" sealed
	kill -STOP "$pid"
	"$python" "$inspect" "$pid" >"$lab_dir/look.json" || bail_out "cannot look at the trace"
}

finish() {
	kill -TERM "$pid"
	kill -CONT "$pid"
	wait "$pid" 2>/dev/null
	capture_stop
}

look() {
	jq -r "$1" "$lab_dir/look.json"
}

# --- S1 to S9, S18 to S20: from outside ------------------------------------

checks() {
	local later=64 id=65534 groups='' bounding='^0+$' zeros='0000000000000000'
	if [[ $how != root* ]]; then
		id=1000
		bounding='^[0-9a-f]+$'
	fi
	is "S1 $how: no capabilities" \
		"$(look '.status | [.CapInh, .CapPrm, .CapEff, .CapAmb] | unique | join(" ")')" "$zeros"
	like "S2 $how: bounding set" "$(look .status.CapBnd)" "$bounding"
	is "S3 $how: no new privileges" "$(look .status.NoNewPrivs)" 1
	is "S4 $how: filter mode" "$(look .status.Seccomp)" 2
	is "S5 $how: user, group, other groups" \
		"$(look '.status | [.Uid, .Gid] | map(split("\t") | unique | join(" ")) | join(",")'),$(look .status.Groups)" \
		"$id,$id,$groups"
	descriptors
	is "S7 $how: no core files, no processes" \
		"$(look '.limits["Max core file size", "Max processes"] | join(" ")' | paste -sd,)" '0 0,0 0'
	[[ $how != nobody* ]] || later=4096 # one for each probe
	ok "S7 $how: open files are bounded" \
		test "$(look '.limits["Max open files"][1]')" -le $(($(look '.fds | length') + later))
	is "S8 $how: nothing writable is executable" "$(look .rwx)" 0
	is "S9 $how: the same user cannot attach to it" \
		"$(setpriv --reuid "$id" --regid "$id" --clear-groups --inh-caps=-all --bounding-set=-all \
			strace -p "$pid" 2>&1 | grep -o 'Operation not permitted' | sort -u)" \
		'Operation not permitted'
	[[ $how == nobody* ]] || is "S18 $how: raw sockets and capture have a filter that is locked" \
		"$(look '[.fds[] | select(.is | test("^ip6? raw|^packet")) | .locked == 1 and .filter > 0] | all')" true
}

# Two raw sockets where a name decides the family, one where it is known.
descriptors() {
	local family=ip raw
	[[ $how != *6 ]] || family=ip6
	raw="$family raw"
	if [[ $how == nobody* ]]; then
		is "S6 $how: the descriptors" "$(look '.fds[] | select(.fd > 2) | .is' | sort -u)" \
			"$(sort <<< "anon_inode:[eventpoll]
anon_inode:[timerfd]
netlink raw
pipe
$family stream")"
	else
		is "S6 $how: the descriptors" \
			"$(look '.fds[] | select(.fd > 2) | .is' | sort | uniq -c | awk '{ $1 = ""; print substr($0, 2) }' |
			grep -v "^$family stream$")" \
			"$(sort <<< "anon_inode:[eventpoll]
anon_inode:[timerfd]
netlink raw
packet $([[ $how == *name* ]] && echo datagram || echo raw)
pipe
$raw")"
	fi
	is "S6 $how: none is inherited" "$(look '.fds[] | select(.fd == 63 or .fd == 200) | .fd')" ''
	is "S6 $how: none survives exec" "$(look '[.fds[] | select(.fd > 2 and .cloexec == false)] | length')" 0
}

wire() {
	local ours=198.18.1.1 target=203.0.113.80
	if [[ $how == *6 ]]; then
		ours=2001:db8:1::1
		target=2001:db8:5::80
	fi
	is "S19 $how: sent from here, to the target and the name server only" \
		"$(tcpdump -nn -r "$capture_file" "src host $ours and not (udp and dst port 9) and not dst host $target and not (dst host 198.18.1.2 and udp port 53)" 2>/dev/null)" ''
	is "S19 $how: nothing from another source" \
		"$(tcpdump -nn -r "$capture_file" "tcp and dst host $target and not src host $ours" 2>/dev/null)" ''
	is "S19 $how: TTLs" "$(captured "tcp and dst host $target" | grep -oE '(ttl|hlim) [0-9]+' | awk '{ print $2 }' |
		sort -nu | paste -sd' ')" '1 2 3 4 5'
}

mode_of() {
	case $1 in
	nobody*) echo unprivileged ;;
	*) echo raw ;;
	esac
}

for how in root root-name6 user6 user-name nobody nobody-name6; do
	mode=$(mode_of "$how")
	begin "$how"
	checks
	finish
	wire
	is "S20 $how: JSON says the same" \
		"$(jq -c .sandbox "$lab_dir/trace.out")" \
		"$(jq -c '.status | {caps: 0, nnp: (.NoNewPrivs == "1"), seccomp: (.Seccomp | tonumber),
			landlock: 6, mode: $mode}' --arg mode "$mode" "$lab_dir/look.json")"
	unlike "$how: no word about it" "$(cat "$lab_dir/trace.err")" 'Warning'
done

# --- S10: nothing is opened ------------------------------------------------

for how in root root-name user-name nobody-name; do
	words "$how"
	run_at h strace -f -o "$lab_dir/strace" -e trace=%file,%process,landlock_restrict_self \
		"${words[@]}" --max-time 1
	is "S10 $how: nothing is opened, run or forked in the sandbox" \
		"$(sed -n '/landlock_restrict_self/,$p' "$lab_dir/strace" |
			grep -vE 'landlock_restrict_self|exit_group|\+\+\+ exited')" ''
	ok "S10 $how: it was entered" grep -q 'landlock_restrict_self.* = 0' "$lab_dir/strace"
done

# --- S11 to S14, S18: what is forbidden ------------------------------------

# deed STAGE DEED [ARGUMENT]: $result is what became of it.
deed() {
	run_at h "${as[@]}" "$lab_dir/bin/confined" "$@"
	result=$out
	[ "$status" -eq 0 ] || result="status $status"
}

# forbidden ROW STAGE DEED WANTED [ARGUMENT]
forbidden() {
	deed "$2" "$3" "${@:5}"
	is "$1: $3${5:+ $5} in stage $2" "$result" "$4"
}

sigsys='status 159'
as=()
forbidden 'control' 3 hdrincl 'hdrincl: EBADF'
forbidden 'control' 5 hdrincl 'hdrincl: ok'
forbidden 'control' 5 bindtodevice 'bindtodevice: ok'
forbidden 'control' 5 open 'open: ok' /etc/passwd
forbidden 'control' 5 fork 'fork: ok'
forbidden 'control' 5 map-executable 'map-executable: ok'
forbidden 'control' 5 netlink 'netlink: ok'
forbidden 'control' 9 nothing 'nothing: ok'
forbidden 'control' 9 map 'map: ok'
forbidden 'control' 9 udp 'udp: ok'
for what in ptrace fork kill; do
	forbidden S11 7 "$what" "$sigsys"
	forbidden S11 9 "$what" "$sigsys"
done
forbidden S11 7 exec "$sigsys" /bin/true
forbidden S11 9 exec "$sigsys" /bin/true
for what in hdrincl bindtodevice mark attach-filter change-capture detach-capture; do
	forbidden S12 9 "$what" "$sigsys"
done
for what in packet raw netlink unix ping; do
	forbidden S13 9 "$what" "$sigsys"
done
for what in packet raw unix ping; do
	forbidden S13 7 "$what" "$sigsys"
done
forbidden S13 5 packet 'packet: EPERM'
forbidden S13 5 raw 'raw: EPERM'
forbidden S8 9 map-executable "$sigsys"
forbidden S8 9 mprotect "$sigsys"
forbidden S8 landlock mprotect 'mprotect: EACCES'
forbidden S8 landlock mdwe 'mdwe: ok'
forbidden S14 9 open "$sigsys" /etc/passwd
forbidden S14 landlock open 'open: EACCES' /etc/passwd
forbidden S14 landlock create 'create: EACCES' "$lab_dir/new"
forbidden S14 landlock exec 'exec: EACCES' /bin/true
forbidden S14 landlock fork 'fork: EAGAIN'
forbidden S14 landlock kill 'kill: EPERM'
forbidden S14 landlock connect 'connect: EACCES' 80
forbidden S14 landlock connect 'connect: ECONNREFUSED' 53
forbidden S14 9 connect 'connect: EACCES' 80
forbidden S14 9 connect 'connect: ECONNREFUSED' 53
forbidden S5 5 root 'root: EPERM'
forbidden S1 5 raise 'raise: EPERM'
forbidden S18 landlock attach-filter 'attach-filter: EPERM'
forbidden 'S6, named by an argument' 3 open 'open: ok' /dev/fd/7 7</dev/null
forbidden 'S6, not named' 3 open 'open: ENOENT' /dev/fd/../fd/7 7</dev/null

# --- what root may, and what only its rules see ----------------------------

for target in 203.0.113.80 www.example.net; do
	ttr -4 --json -n -q 1 -m 2 --max-time 1 -p 99 "$target"
	is "root, -p 99 ($target): a low port, and no capability is left" \
		"$status,$(jq -c '[.ports[0].source_port, .sandbox.caps]' <<< "$out")" '1,[99,0]'
done
lab_ip h <<- END
	route add prohibit 203.0.113.0/24 table 100
	rule add uidrange 0-0 lookup 100
END
for target in 203.0.113.80 www.example.net; do
	ttr -4 -n -q 1 "$target"
	is "root ($target): rules for its user are followed, not those for nobody" "$status,$out" 3,
	like "root ($target): and told" "$err" '^connect: Permission denied'
done
run_at h "${user[@]}" "$lab_dir/bin/capable" -4 -n -q 1 -m 2 --max-time 1 www.example.net
is 'a user: rules for root are not' "$status,$(wc -l <<< "$out")" 1,2
lab_ip h <<< 'rule del uidrange 0-0 lookup 100'

# --- S15, S16: the program's file ------------------------------------------

DESTDIR=$lab_dir/installed meson install -C "$built" --no-rebuild --quiet
installed=$(find "$lab_dir/installed" -type f -name tcptraceroute)
setcap cap_net_raw+p "$installed"
is 'S15: capability, mode, owner of the installed program' \
	"$(getcap "$installed" | sed 's/.* //'),$(stat -c '%a %u %g' "$installed")" 'cap_net_raw=p,755 0 0'

# --- I32: what the system does not have ------------------------------------

lacking() {
	local what=$1
	shift
	run_at h strace -f -o /dev/null "$@" "$lab_dir/bin/plain" --json -n -q 1 -m 2 --max-time 1 203.0.113.80
	is "I32 $what: one warning, and the trace goes on" \
		"$status,$(wc -l <<< "$err"),$(jq -c '.ports[0].hops | length' <<< "$out")" 1,1,2
	is "I32 $what: JSON says what there is" "$(jq -c '.sandbox | [.caps, .nnp, .seccomp, .landlock]' <<< "$out")" "$there"
	like "I32 $what: it is named" "$err" "^Warning: no full sandbox on this system, missing: $what \\("
	capture_start h eth0 tcp
	run_at h strace -f -o /dev/null "$@" "$lab_dir/bin/plain" --require-sandbox -n -q 1 203.0.113.80
	capture_stop
	is "I32 $what: --require-sandbox refuses" "$status,$out" 3,
	like "I32 $what: and says why" "$err" "^No full sandbox, as --require-sandbox asks for: missing: $what"
	is "I32 $what: nothing was sent" "$(captured tcp)" ''
}

there='[0,true,2,0]'
lacking Landlock -e inject=landlock_create_ruleset:error=ENOSYS
lacking Landlock -e inject=landlock_restrict_self:error=EPERM
# Without the younger call the older one does; it is one of many of prctl().
run_at h strace -o "$lab_dir/strace" -e trace=prctl,seccomp -e inject=seccomp:error=ENOSYS \
	"$lab_dir/bin/plain" --json -n -q 1 -m 2 --max-time 1 203.0.113.80
is 'I32: a kernel with the older call only' "$status,$(jq -c .sandbox.seccomp <<< "$out"),$err" 1,2,
there='[0,true,0,6]'
nth=$(grep '^prctl' "$lab_dir/strace" | grep -n PR_SET_SECCOMP | cut -d: -f1)
lacking seccomp -e inject=seccomp:error=ENOSYS -e "inject=prctl:error=EINVAL:when=$nth"
there='[0,true,2,6]'
lacking 'another user' -e inject=setresuid:error=EPERM
# What is short is not missing: whoever limits memory does not get rid of a part by that.
for target in 203.0.113.80 www.example.net; do
	for call in create_ruleset:error=ENOMEM:when=2 restrict_self:error=ENOMEM create_ruleset:error=EMFILE:when=2; do
		capture_start h eth0 tcp
		run_at h strace -f -o /dev/null -e inject=landlock_$call "$lab_dir/bin/plain" -4 -n -q 1 "$target"
		capture_stop
		is "I32, I29 landlock_$call ($target): no trace without it" "$status,$out,$(captured tcp)" 3,,
		like "I32, I29 landlock_$call ($target): one line" "$err" '^(Out of memory|Internal error: Too many open files)$'
	done
done
ttr --require-sandbox --json -n -q 1 -m 2 --max-time 1 203.0.113.80
is 'I32: --require-sandbox where nothing is missing' "$status,$err" 1,

# --- I33, I34: no privilege to be had --------------------------------------

# without ROW HOW COMMAND...: another way is taken, unless it is ruled out.
without() {
	local row=$1 how=$2
	shift 2
	run_at h "$@" --json -n -q 1 -m 2 --max-time 1 203.0.113.80
	is "$row $how: by connections" "$status,$(jq -r .mode <<< "$out")" 1,unprivileged
	like "$row $how: which is said" "$err" '^No raw sockets'
	run_at h "$@" --require-raw -n -q 1 203.0.113.80
	is "$row $how, --require-raw: status" "$status,$out" 3,
	like "$row $how, --require-raw: the remedy is named" "$err" '^Got root\?.*setcap cap_net_raw\+p'
}

mkdir "$lab_dir/nosuid"
at h mount -t tmpfs -o nosuid,size=16m none "$lab_dir/nosuid" || bail_out "cannot mount"
at h install -m 755 "$TTR" "$lab_dir/nosuid/capable"
at h setcap cap_net_raw+p "$lab_dir/nosuid/capable"
# The first setpriv has the privileges of who calls it, and would hand them on.
without I33 'no new privileges' "${user[@]}" setpriv --no-new-privs "$lab_dir/bin/capable"
without I33 'nosuid' "${user[@]}" "$lab_dir/nosuid/capable"
at h umount "$lab_dir/nosuid"
without 'I33, S16' 'bounding set' setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$lab_dir/bin/plain"
without I34 'traced by the user' "${user[@]}" strace -o /dev/null "$lab_dir/bin/capable"

# --- I35, I36: a drop that does not work -----------------------------------

# broken ROW HOW STRACE-OPTION
broken() {
	local target
	for target in 203.0.113.80 www.example.net; do
		capture_start h eth0 'tcp or (udp and port 53)'
		run_at h strace -f -o /dev/null -e "$3" "$lab_dir/bin/plain" -n -q 1 "$target"
		capture_stop
		is "$1 $2 ($target): status" "$status,$out" 3,
		like "$1 $2 ($target): one line" "$err" "^Internal error: [^"$'\n'"]*$"
		is "$1 $2 ($target): nothing was sent" "$(captured 'tcp or (udp and port 53)')" ''
	done
}

broken I35 'capabilities stay' inject=capset:error=EPERM:when=2+
broken I35 'groups stay for a strange reason' inject=setgroups:error=ENOMEM
broken I35 'new privileges' inject=prctl:error=EACCES:when=44..60
broken I36 'a capability comes back' inject=capset:retval=0:when=3
broken I36 'root comes back' inject=setresuid:retval=0:when=2
# The one that is tried after the drop; descriptor 2000 is none of ours.
for target in 203.0.113.80 www.example.net; do
	run_at h strace -o "$lab_dir/strace" -e trace=socket "$lab_dir/bin/plain" -n -q 1 -m 1 --max-time 1 "$target"
	nth=$(grep -n 'AF_PACKET.*EPERM' "$lab_dir/strace" | cut -d: -f1)
	run_at h strace -o /dev/null -e "inject=socket:retval=2000:when=$nth" "$lab_dir/bin/plain" -n -q 1 "$target"
	is "I36 a packet socket ($target): status" "$status,$out" 3,
	like "I36 a packet socket ($target): one line" "$err" '^Internal error: Operation not permitted$'
done

# --- I22, I24: descriptors -------------------------------------------------

# shellcheck disable=SC2016  # the inner shell expands it
for limit in 8 12 20 31; do
	capture_start h eth0 'tcp or (udp and port 53)'
	run_at h "$BASH" -c 'ulimit -n "$1"; shift; exec "$@"' - "$limit" "$lab_dir/bin/plain" -n -q 1 www.example.net
	capture_stop
	is "I22 $limit: status" "$status,$out" 3,
	like "I22 $limit: the limit and the need are named" "$err" \
		"^Too few open files are allowed: $limit; this needs [0-9]+ \(ulimit -n\)$"
	is "I22 $limit: nothing was sent" "$(captured 'tcp or (udp and port 53)')" ''
done
# Enough to start, and not for the source ports of so many queries.
for limit in 32 40 48 64; do
	capture_start h eth0 tcp
	run_at h "$BASH" -c 'ulimit -n "$1"; shift; exec "$@"' - "$limit" "$lab_dir/bin/plain" -n -q 10 203.0.113.80
	capture_stop
	is "I22 $limit, 10 queries: status" "$status,$out" 3,
	like "I22 $limit, 10 queries: the limit and the need are named" "$err" \
		"^Too few open files are allowed: $limit; this needs [0-9]+ \(ulimit -n\)$"
	is "I22 $limit, 10 queries: nothing was sent" "$(captured tcp)" ''
done
need=$(grep -oE 'needs [0-9]+' <<< "$err" | cut -d' ' -f2)
run_at h "$BASH" -c 'ulimit -n "$1"; shift; exec "$@"' - "$need" "$lab_dir/bin/plain" -n -q 10 -m 2 --max-time 1 203.0.113.80
is "I22 the need is enough" "$status,$(wc -l <<< "$out")" 1,2

done_testing
