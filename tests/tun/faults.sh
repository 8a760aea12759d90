#!/bin/bash
# Faults of the machine during a trace over a long path: signals, stops, clock
# steps, interrupted system calls, many instances.
#
#                 sim0
#   h 198.18.0.1 ------ pathsim: 18 routers, a host 180 ms away:
#     2001:db8::1       443 open, 80 closed, 25 dropped; a name server
#
# Each with raw sockets and without. No duration is asserted; RTTs are, to an hour.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init faults
self_check && skip_all "about our own options"
long=$lab_source/subprojects/pathsim/scenarios/long.path
lab_node h
start_pathsim "$long"
target=198.51.100.10
hops=$(seq 18 | sed 's/.*/"203.0.113.&"/' | paste -sd,)

json_is() {
	is "$1" "$(jq -c "$2" <<<"$out" 2>&1)" "$3"
}

# complete NAME: every hop and the host answered.
complete() {
	json_is "$1" '.ports[0] | [.state, .distance, ([.hops[].probes[0].address])]' "[\"open\",19,[$hops,\"$target\"]]"
}

# --- I3: interrupted system calls ------------------------------------------

for mode in --require-raw --unprivileged; do
	for call in epoll_wait sendto recvmsg write connect; do
		run_at h strace -f -qq -o "$lab_dir/strace.out" -e trace=$call -e "inject=$call:error=EINTR:when=2+3" \
			"$TTR" $mode --json -q 1 $target 443
		complete "I3 $mode, $call is interrupted"
		is "I3 $mode, $call is interrupted: status" "$status" 0
	done
done

# --- I4, I5: what is to be sent has no room ----------------------------------

# The first ones ask for the route.
run_at h strace -f -qq -o "$lab_dir/strace.out" -e trace=sendto "$TTR" --require-raw --json -n -q 1 $target 443
first=$(grep -nF "$target" "$lab_dir/strace.out" | grep -v NETLINK | head -n 1 | cut -d: -f1)
for error in EAGAIN ENOBUFS; do
	row=I4
	[ $error = EAGAIN ] || row=I5
	for when in $first+2 $((first + 1))+3 $first..$((first + 2)); do
		run_at h strace -f -qq -o "$lab_dir/strace.out" -e trace=sendto -e "inject=sendto:error=$error:when=$when" \
			"$TTR" --require-raw --json -n -q 1 $target 443
		complete "$row $error at sending $when"
		ok "$row $error at sending $when: was injected" grep -q INJECTED "$lab_dir/strace.out"
	done
done

run_at h strace -f -qq -o "$lab_dir/strace.out" -e trace=sendto -e "inject=sendto:error=ENOBUFS:when=$first+1" \
	"$TTR" --require-raw --json -n -q 1 $target 443
is "I5 ENOBUFS always: status, no row that calls it loss" "$status,$out" 3,
like "I5 ENOBUFS always: said" "$err" 'No probe could be sent: No buffer space'

# --- I19: the wall clock is set --------------------------------------------

cc=${CC:-cc}
"$cc" -shared -fPIC -O1 -o "$lab_dir/clockstep.so" "$lab_source/tests/lib/clockstep.c" ||
	bail_out "cannot build the clock"
for mode in --require-raw --unprivileged; do
	for seconds in 3600 -3600 315360000; do
		for calls in 4 40; do
			run_at h env LD_PRELOAD="$lab_dir/clockstep.so" CLOCKSTEP_CALLS=$calls \
				CLOCKSTEP_SECONDS=$seconds "$TTR" $mode --json -n -q 1 $target 443
			complete "I19 $mode, wall clock $seconds s at reading $calls"
			json_is "I19 $mode, wall clock $seconds s at reading $calls: times" \
				'[.ports[0].hops[].probes[].rtt_ms] | (min >= 0 and max < 3500000 and .[18] > 170)' true
		done
	done
done

# --- I41: 2038 and 2106 -------------------------------------------------------

for mode in --require-raw --unprivileged; do
	for year in 2038 2106; do
		seconds=$(($(date -d "$year-02-08" +%s) - $(date +%s)))
		run_at h env LD_PRELOAD="$lab_dir/clockstep.so" CLOCKSTEP_CALLS=0 \
			CLOCKSTEP_SECONDS=$seconds "$TTR" $mode --json -n -q 1 $target 443
		complete "I41 $mode, in $year"
		json_is "I41 $mode, in $year: date and times" \
			"[(.started | .[:4]), (.ports[0].hops[].probes[].rtt_ms | select(. < 0 or . > 60000))]" "[\"$year\"]"
	done
done

# --- I20: stopped and continued --------------------------------------------

# slower FACTOR: the same path, with that many times its round-trip times.
slower() {
	awk -v factor="$1" '{
		for (i = 1; i < NF; i++) if ($i == "rtt") { sub(/ms/, "", $(i + 1)); $(i + 1) = $(i + 1) * factor "ms" }
		print
	}' "$long"
}
# shellcheck disable=SC2317  # "wait_for" calls it
host_answered() {
	[ -n "$(captured "src host $target and tcp")" ]
}
stop_pathsim
mkfifo "$lab_dir/events"
for mode in --require-raw --unprivileged; do
	# Without privilege answers may take 0.9 s.
	slower $([ $mode = --unprivileged ] && echo 4 || echo 15) >"$lab_dir/slow.path"
	start_pathsim "$lab_dir/slow.path"
	capture_start h sim0 'icmp or tcp'
	exec 6<>"$lab_dir/events" # so that neither end waits for the other
	spawn h "$TTR" $mode -n --ndjson -q 1 -w 3 $target 443 >"$lab_dir/events" 2>"$lab_dir/stopped.err"
	exec 5<"$lab_dir/events" 6>&-
	out=
	while read -r -u 5 line; do # by hop 8's answer all probes are out
		out+=$line$'\n'
		[[ $line != *'"ttl":8,'* ]] || break
	done
	ok "I20 $mode: could be stopped after some answers" kill -STOP "$spawned"
	wait_for "the host's answer" host_answered
	sleep 3.2 # all patience is over
	kill -CONT "$spawned"
	out+=$(cat <&5)
	exec 5<&-
	wait "$spawned"
	end_process "$capture_pid"
	is "I20 $mode, stopped until all patience was over: what came meanwhile counts" \
		"$(jq -sc '[.[] | select(.event == "hop") | .probes[0].address]' <<<"$out")" "[$hops,\"$target\"]"
	is "I20 $mode, stopped, which is not suspended: nothing is said" \
		"$(jq -c 'select(.event == "end") | [.incomplete, .suspended_ms]' <<<"$out"),$(grep suspended "$lab_dir/stopped.err")" \
		'[null,null],'
	stop_pathsim
done
start_pathsim "$long"

# Suspended between the first probe and the end: the clock that goes on meanwhile says so.
for mode in --require-raw --unprivileged; do
	suspended=(env LD_PRELOAD="$lab_dir/clockstep.so" CLOCKSTEP_BOOT_CALLS=1 CLOCKSTEP_BOOT_SECONDS=7200)
	run_at h "${suspended[@]}" "$TTR" $mode --json -n -q 1 $target 443
	complete "I20 $mode, suspended for two hours"
	json_is "I20 $mode, suspended: is in JSON, to the second" \
		'[.incomplete, (.suspended_ms / 1000 | round)]' '[true,7200]'
	like "I20 $mode, suspended: is said" "$err" 'Warning: this machine was suspended for (7200|7199)[0-9]{3} ms'
	# Suspended before the trace is nobody's business.
	run_at h env LD_PRELOAD="$lab_dir/clockstep.so" CLOCKSTEP_BOOT_CALLS=0 CLOCKSTEP_BOOT_SECONDS=7200 \
		"$TTR" $mode --json -n -q 1 $target 443
	is "I20 $mode, suspended before: is not said" \
		"$status,$(jq -c '[.incomplete, .suspended_ms]' <<<"$out"),$(grep suspended <<<"$err")" '0,[null,null],'
done
echo $target >"$lab_dir/targets"
run_at h "${suspended[@]}" "$TTR" --targets "$lab_dir/targets" --ndjson 443
like "I20 a list of hosts, suspended: is said" "$status,$err" '^0,.*Warning: this machine was suspended for (7200|7199)[0-9]{3} ms'

# --- I21: signals ----------------------------------------------------------

run_at h "$python" "$lab_source/tests/lib/reader.py" --kill SIGHUP '^18  ' \
	"$TTR" -n -q 1 -w 600 -m 25 $target 25
is "I21 SIGHUP: dies of it" "$(jq .signal <<<"$out")" 1
for mode in --require-raw --unprivileged; do
	for name in INT TERM HUP; do
		number=$(kill -l $name)
		run_at h "$python" "$lab_source/tests/lib/reader.py" --kill SIG$name '"ttl": ?18.*' \
			"$TTR" $mode -n --ndjson -q 1 -w 600 -m 25 $target 25
		is "I21 SIG$name, $mode: dies of it" "$(jq .signal <<<"$out")" "$number"
		is "I21 SIG$name, $mode: the end says so" \
			"$(jq -r .out <<<"$out" | jq -sc '.[-1] | [.event, .interrupted]')" '["end",true]'
	done
done

# During the look-up of the target: the name server never answers.
use_nameserver 198.51.100.99
# shellcheck disable=SC2317
asked() {
	[ -n "$(captured 'udp dst port 53')" ]
}
for name in INT TERM; do
	capture_start h sim0 'udp port 53'
	spawn h env --default-signal=INT,TERM "$TTR" --json nosuch.example.net >"$lab_dir/asked.out" 2>"$lab_dir/asked.err"
	wait_for "the question" asked
	kill -$name "$spawned"
	wait "$spawned"
	is "I21 SIG$name while the host's name is asked for" "$?,$(<"$lab_dir/asked.out")" "$((128 + $(kill -l $name))),"
	end_process "$capture_pid"
done
# While names of hops are asked for: rows without names, at once.
capture_start h sim0 'udp port 53'
spawn h env --default-signal=INT "$TTR" --dns-wait 600 -q 1 $target 443 >"$lab_dir/asked.out" 2>"$lab_dir/asked.err"
wait_for "the question" asked
# shellcheck disable=SC2317
all_answered() {
	[ -n "$(captured 'udp dst port 53' | grep -F '10.100.51.198.in-addr.arpa')" ]
}
wait_for "the question for the host's name" all_answered
kill -INT "$spawned"
wait "$spawned"
is "I21 SIGINT while names are waited for: status, rows" "$?,$(wc -l <"$lab_dir/asked.out")" 130,19
end_process "$capture_pid"
use_nameserver 198.51.100.53

# Twice: the first one cannot be obeyed, nobody reads standard output.
mkfifo "$lab_dir/pipe"
sleep 600 <"$lab_dir/pipe" &
lab_pids+=("$!")
# shellcheck disable=SC2317
is_gone() {
	! kill -0 "$spawned" 2>/dev/null
}
capture_start h sim0 icmp
spawn h env --default-signal=INT "$TTR" -n --json -q 300 -w 600 $target 25 >"$lab_dir/pipe" 2>"$lab_dir/twice.err"
wait_for "hop 18" eval '[ -n "$(captured "src host 203.0.113.18")" ]'
kill -INT "$spawned"
for _ in $(seq 200); do
	is_gone && break
	kill -INT "$spawned" 2>/dev/null
	sleep 0.02
done
wait "$spawned"
is "I21 SIGINT twice: ends although nobody reads" $? 130
end_process "$capture_pid"

# Right at the start, at whatever it is doing then. (Bash has SIGINT ignored in what
# it runs in the background.)
odd=
for delay in 0 0.002 0.005 0.01 0.02 0.05; do
	spawn h "$TTR" -n --json -w 600 -q 1 $target 25 >"$lab_dir/start.out" 2>"$lab_dir/start.err"
	sleep $delay
	kill -TERM "$spawned"
	wait "$spawned"
	result=$?
	[ $result -eq 143 ] && { [ ! -s "$lab_dir/start.out" ] || jq -e .interrupted "$lab_dir/start.out" >/dev/null; } ||
		odd+="$delay: $result "
done
is "I21 SIGTERM during the start: dies of it, with a document or none" "$odd" ''

# --- I38, I39: many at once, no traces of others ---------------------------

# instances MODE: 16 at once; which of them saw anything but the path.
instances() {
	local pids=() i pid
	for i in $(seq 16); do
		spawn h "$TTR" "$1" -n --json -q 1 $target 443 >"$lab_dir/instance.$i" 2>/dev/null
		pids+=("$spawned")
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for i in $(seq 16); do
		jq -c '.ports[0] | [.state, .distance, ([.hops[].probes[0].address]),
			([.hops[].probes[0].duplicates // 0] | add), ([.hops[].probes[0].changes | values] | length)]' \
			"$lab_dir/instance.$i"
	done | sort | uniq -c | sed 's/^ *//'
}
for mode in --require-raw --unprivileged; do
	is "I38 $mode, 16 instances at once: none sees another" "$(instances $mode)" \
		"16 [\"open\",19,[$hops,\"$target\"],0,0]"
	run_at h strace -f -qq -o "$lab_dir/strace.out" -e trace=open,openat,creat,mkdir,rename,link,symlink,mknod \
		"$TTR" $mode -n --json -q 1 $target 443
	is "I39 $mode: no file is written" "$(grep -E 'O_(WRONLY|RDWR|CREAT)|creat|mkdir|rename|link\(|mknod' \
		"$lab_dir/strace.out" | grep -v '"/dev/null"')" ''
done

done_testing
