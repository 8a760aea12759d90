#!/bin/bash
# --locate against a simulated path: text, JSON and events say the same.
#
#                 sim0
#   h 198.18.0.1 ------ nine routers, a host 50 ms away: 22 and 443 open, 100-119 dropped behind hop 6,
#     2001:db8::1       the others closed

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init locate
lab_node h
{
	echo 'prober 198.18.0.1 2001:db8::1'
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "hop $i 203.0.113.$i 2001:db8:1::$i rtt $((5 * i))ms limit linux"
	done
	echo 'destination 198.51.100.10 2001:db8:ff::10 at 10 rtt 50ms'
	echo 'port 22,443 open'
	echo 'firewall at 6 drop 100-119'
} >"$lab_dir/wall.path"
sed 's/ limit linux//' "$lab_dir/wall.path" >"$lab_dir/fast.path"

events() {
	jq -c "select(.event == \"port\") | $1" <<<"$out" | sort | uniq -c | awk '{$1 = $1; print}'
}

# shellcheck disable=SC2317  # wait_for calls them
path_known() {
	grep -q '"event":"hop".*"ttl":10' "$lab_dir/cut"
}

# shellcheck disable=SC2317
probes_sent() {
	[ -s "$pathsim_log" ]
}

# What is interrupted before that says nothing of ports.
# shellcheck disable=SC2317
locating() {
	grep -q '^Locating' "$lab_dir/cut.err"
}

# shellcheck disable=SC2317
place_said() {
	grep -q '"how":"drop".*"verified":true' "$lab_dir/cut"
}

# shellcheck disable=SC2317
path_shown() {
	grep -q '^10 ' "$lab_dir/cut"
}

# shellcheck disable=SC2317
many_sent() {
	[ "$(grep -c ' flags=S ' "$pathsim_log")" -gt 200 ]
}

# interrupt OPTION CONDITION: SIGINT when it holds; $lab_dir/cut has the output.
interrupt() {
	: >"$pathsim_log"
	spawn h env --default-signal=INT "$TTR" -n "$1" "${3:---locate}" $target 22,443,90-129 \
		>"$lab_dir/cut" 2>"$lab_dir/cut.err"
	wait_for "$2" "$2"
	kill -INT "$spawned"
	wait "$spawned"
	cut_status=$?
}

# on_terminal raw|screen TERM: what a terminal shows of a run.
on_terminal() {
	at h env "TERM=$2" "$python" "$lab_source/tests/lib/terminal.py" "$1" \
		"$TTR" -n --color never --locate "$target" 22,443,90-129
}

for family in 4 6; do
	target=198.51.100.10
	[ $family = 4 ] || target=2001:db8:ff::10
	start_pathsim "$lab_dir/fast.path"
	ttr -n --locate --hop-rate 200 $target 22,443,90-129
	is "IPv$family: rows" "$(sed '/^$/q' <<<"$out" | grep -c ' ms$\|open] ')" 10
	like "IPv$family: the line of those that are dropped" "$out" \
		'100-119 +filtered +dropped after hop 6; 22 goes on'
	like "IPv$family: the line of those that are closed" "$out" '90-99,120-129 +closed'
	ttr -n --locate --hop-rate 200 --ndjson $target 22,443,90-129
	is "IPv$family: events" "$(events '[.state, .blocked.how, .blocked.after_ttl]')" "\
20 [\"closed\",null,null]
20 [\"filtered\",\"drop\",6]
2 [\"open\",null,null]"
	is "IPv$family: one event for each port" \
		"$(jq -s '[.[] | select(.event == "port").port] | [length, (unique | length)]' -c <<<"$out")" '[42,42]'
	ttr -n --locate --hop-rate 200 --verify all --json $target 22,443,90-129
	is "IPv$family: all verified" \
		"$(jq -c '[.ports[] | select(.blocked) | .blocked.verified] | [length, all]' <<<"$out")" '[20,true]'
	stop_pathsim
	# Each router takes its time now.
	start_pathsim "$lab_dir/wall.path"
	ttr -n --locate --json --max-time 1 $target 22,443,90-129
	is "IPv$family: cut short, a whole document" "$(jq '.ports | length' <<<"$out")" 42
	# Interrupted when the path is known, and not all places are.
	interrupt --ndjson path_known
	is "IPv$family: SIGINT: every port once, and an end that says so" \
		"$cut_status $(jq -sc '[([.[] | select(.event == "port").port] | length, (unique | length)),
			.[-1].event, .[-1].interrupted]' "$lab_dir/cut")" '130 [42,42,"end",true]'
	is "IPv$family: SIGINT: no place is verified that was not proved" \
		"$(jq -sc '[.[] | select(.event == "port" and .blocked) |
			.blocked | select(.verified | not) | .doubt] | unique - ["inferred", "interrupted"]' "$lab_dir/cut")" '[]'
	# A place is said when it is known, not when all are: nothing has ended here.
	interrupt --ndjson place_said
	is "IPv$family: SIGINT behind the first place: every port once, the rest in doubt" \
		"$cut_status $(jq -sc '[([.[] | select(.event == "port").port] | length, (unique | length)),
			(map(select(.event == "port" and .blocked and .blocked.doubt != "interrupted")) |
				length | . > 0 and . < 20), .[-1].interrupted]' "$lab_dir/cut")" '130 [42,42,true,true]'
	interrupt --json probes_sent
	is "IPv$family: SIGINT: a whole document" \
		"$cut_status $(jq -c '[.interrupted, (.ports | length)]' "$lab_dir/cut")" '130 [true,42]'
	interrupt -n locating
	like "IPv$family: SIGINT: text" "$(cat "$lab_dir/cut")" 'unknown +interrupted|closed|filtered'
	is "IPv$family: SIGINT: text, status" "$cut_status" 130
	# Whoever was not looked at is somewhere between what saw it and what did not.
	interrupt -n path_shown
	like "IPv$family: SIGINT behind the rows: the states" "$(cat "$lab_dir/cut")" \
		'22,443 +open .*90-99,120-129 +closed '
	like "IPv$family: SIGINT behind the rows: places that are not sure" "$(tr -s ' \n' ' ' <"$lab_dir/cut")" \
		' filtered dropped (after hop [1-6], )?before hop ([7-9]|10); 22 goes on; not sure: interrupted'
	interrupt -n many_sent -n
	is "IPv$family: SIGINT in the grid: status, and rows in order" \
		"$cut_status $(awk '/^$/ { exit } $1 ~ /^[0-9]+$/ && NF > 3 { print $1 }' "$lab_dir/cut" |
			sort -nc && echo ordered)" '130 ordered'
	like "IPv$family: SIGINT in the grid: what is not known is said" "$(cat "$lab_dir/cut")" \
		'unknown +interrupted'
	is "IPv$family: SIGINT in the grid: nothing else is said" \
		"$(sed '1,/^$/d' "$lab_dir/cut" | tr -s ' ' | grep -vE ' (unknown interrupted|open 10 hops, .* ms|closed 10 hops, .* ms)$' |
			grep -vE 'filtered dropped after hop 6; 22 goes on|^ ')" ''
	stop_pathsim
done

# How far it is, on a terminal alone, and gone before anything else is written.
target=198.51.100.10
start_pathsim "$lab_dir/fast.path"
raw=$(on_terminal raw xterm)
like "terminal: how far it is" "$raw" $'\r\e\\[K42 ports, [0-9]+ with a state, [0-9]+ done'
like "terminal: erased before a row" "$raw" $'\r\e\\[K 1  203\\.0\\.113\\.1  '
screen=$(on_terminal screen xterm)
unlike "terminal: nothing of it is left" "$screen" 'with a state'
like "terminal: the rows and what was found" "$screen" '100-119 +filtered +dropped after hop 6; 22 goes on'
unlike "dumb terminal: nothing of it" "$(on_terminal raw dumb)" 'with a state'
ttr -n --locate $target 22,443,90-129
unlike "pipes: nothing of it" "$out$err" 'with a state'
stop_pathsim

done_testing
