#!/bin/bash
# Many hosts (--targets) against a simulated internet.
#
#                 sim0 (TUN)
#   h 198.18.0.1 ------------ pathsim: 24 hosts in 6 prefixes, 10 hops, two of
#     2001:db8::1             them dead, behind a tree of routers
#
# What came out is compared with the tree as it is described; what was sent is
# counted in pathsim's log. No duration is asserted.

# shellcheck source=tests/lib/lab.sh
. "$(dirname "$0")/../lib/lab.sh"

lab_init hosts
if self_check; then
	skip_all "the original traces one host"
fi
lab_node h

scenario=$lab_dir/hosts.path
cat >"$scenario" <<'END'
prober 198.18.0.1 2001:db8::1
hop 1 203.0.113.1 2001:db8:1::1 rtt 1ms
destination 10.0.0.1 2001:db8:40::1 at 10 rtt 20ms
hosts 4 in 6 prefixes fan 2 100.64.0.1 2001:db8:2::1
port 443 open
destination 10.9.0.1 2001:db8:49::1 at 4 rtt 10ms
hosts 2 in 1 prefixes dead 100% 100.65.0.1 2001:db8:3::1
nameserver 192.0.2.53
name 10.0.0.1 one.example
END

# The routers of a prefix at TTL 1 to 9, by the README of pathsim: one for all
# up to TTL 6, then 2, 3 and 6.
expected_path() {
	local prefix=$1
	printf '203.0.113.1'
	for number in 1 2 3 4 5 $((6 + prefix / 4)) $((8 + prefix / 2)) $((11 + prefix)); do
		printf ' 100.64.0.%d' "$number"
	done
}

all_hosts() {
	local prefix host
	for ((prefix = 0; prefix < 6; prefix++)); do
		for ((host = 1; host <= 4; host++)); do
			echo "10.0.$prefix.$host"
		done
	done
}

# paths: "TARGET ROUTER..." of each target in the events on stdin.
paths() {
	"$python" -c '
import json, sys
paths = {}
for line in sys.stdin:
    event = json.loads(line)
    path = paths.setdefault(event["target"], [])
    if event["event"] == "hop" and event["probes"][0]["reply"] == "time-exceeded":
        path.append(event["probes"][0]["address"])
for target in sorted(paths):
    print(" ".join([target] + paths[target]))'
}

expected_paths() {
	local address prefix
	all_hosts | while read -r address; do
		prefix=${address#10.0.}
		echo "$address $(expected_path "${prefix%.*}")"
	done | sort
}

count() {
	grep -c -- "$1" <<<"$out"
}

# syns: SYNs in the log.
syns() {
	grep -c ' out .* flags=S ' "$pathsim_log"
}

# --- every path is what the tree is ------------------------------------------

start_pathsim "$scenario"
all_hosts >"$lab_dir/all.txt"
ttr --targets "$lab_dir/all.txt" --ndjson --rate 5000 443
is "all reached: status" "$status" 0
is "all reached: nothing on stderr" "$err" ""
is "every path is the tree's" "$(paths <<<"$out" | sort)" "$(expected_paths)"
is "an end for each" "$(count '"event":"end"')" 24
is "all open at distance 10" "$(count '"state":"open","reached":true,"distance":10')" 24
is "each says what the program has given up" "$(count '"sandbox":{"caps":0,"nnp":true,')" 24
ok "hops were inferred" grep -q '"inferred":true' <<<"$out"
sent=$(grep -o '"probes_sent":[0-9]*' <<<"$out" | awk -F: '{ sum += $2 } END { print sum }')
is "as many probes as were said" "$(syns)" "$sent"
ok "fewer than half of a full trace's" [ "$sent" -lt 120 ]
stop_pathsim

start_pathsim "$scenario"
ttr --targets "$lab_dir/all.txt" --ndjson --rate 5000 --full 443
is "full: every path is the tree's" "$(paths <<<"$out" | sort)" "$(expected_paths)"
is "full: nothing is inferred" "$(count inferred)" 0
stop_pathsim

start_pathsim "$scenario"
sed 's/^10.0.\([0-9]\).\([0-9]\)$/2001:db8:40:\1::\2/' "$lab_dir/all.txt" >"$lab_dir/six.txt"
ttr --targets "$lab_dir/six.txt" --ndjson 443
is "IPv6: status" "$status" 0
is "IPv6: an end for each" "$(count '"event":"end"')" 24
is "IPv6: routers" "$(grep -o '"address":"2001:db8:[12]::[0-9a-f]*"' <<<"$out" | sort -u | wc -l)" 17
stop_pathsim

# --- lists -------------------------------------------------------------------

start_pathsim "$scenario"
{
	printf '\xef\xbb\xbf# a list\r\n10.0.0.1 443,80\r\n'
	printf '10.0.0.1\n10.0.0.1 443\n\n10.0.0.2 # twice\n10.0.0.2\n'
	printf '255.255.255.255\n224.0.0.1\n0.1.2.3\n250.1.1.1\nfe80::1\n'
	printf 'bad\033[2Jname\n10.0.0.3 99999\n10.0.0.3 80 x\n%02000d\nnul\0byte\n' 7
	printf '10.0.0.4 443'
} >"$lab_dir/list.txt"
ttr --targets "$lab_dir/list.txt" --ndjson 443
is "bad lines: status" "$status" 1
is "F5, F6, F13 each address and port once" "$(count '"event":"end"')" 4
for line in 8 9 10 11 12 13 14 15 16 17; do
	ok "F4 line $line is named" grep -q "list.txt:$line: " <<<"$err"
done
is "no other line is" "$(wc -l <<<"$err")" 10
ok "no escape sequence" [ "$(grep -c $'\033' <<<"$err")" -eq 0 ]
stop_pathsim

start_pathsim "$scenario"
printf 'one.example\nnone.example\n' >"$lab_dir/names.txt"
ttr --targets "$lab_dir/names.txt" --ndjson -4 443
is "a name that is not there: status" "$status" 1
like "it is named" "$err" 'names.txt:2: Bad destination address: none.example'
is "the other is traced" "$(count '"event":"end","host":"one.example","target":"10.0.0.1"')" 1
stop_pathsim

start_pathsim "$scenario"
at h bash -c "all() { cat; }; all <'$lab_dir/all.txt' | '$TTR' --targets - --json 443" >"$lab_dir/json.out"
is "from a pipe, as an array: all of them" "$("$python" -c '
import json, sys
documents = json.load(sys.stdin)
print(len(documents), {len(d["ports"][0]["hops"]) for d in documents})' <"$lab_dir/json.out")" "24 {10}"
at h "$TTR" --targets "$lab_dir/all.txt" 443 >"$lab_dir/text.out"
is "text: a block for each" "$(grep -c '^10.* port 443: open, 10 hops, ' "$lab_dir/text.out")" 24
is "text: rows in order" "$(awk '/^10/ { want = 1; next } NF && $1 != want++ { bad++ } END { print bad + 0 }' "$lab_dir/text.out")" 0
stop_pathsim

# The writer writes the second line, and the third without its end, when the first target is done.
start_pathsim "$scenario"
mkfifo "$lab_dir/slow"
spawn h "$TTR" --targets "$lab_dir/slow" --ndjson 443 >"$lab_dir/slow.out" 2>"$lab_dir/slow.err"
exec 5>"$lab_dir/slow"
printf '10.0.0.1\n' >&5
wait_for "the first target" grep -q '^{"event":"end","host":"10.0.0.1"' "$lab_dir/slow.out"
printf '10.0.1.1 443 # the seco' >&5
printf 'nd\n10.0.2.1' >&5
wait_for "the second target" grep -q '^{"event":"end","host":"10.0.1.1"' "$lab_dir/slow.out"
is "a line without an end waits for it" "$(grep -c '10[.]0[.]2' "$lab_dir/slow.out")" 0
exec 5>&-
wait "$spawned"
is "a slow writer: status" "$?" 0
is "a slow writer: all of them" "$(grep -c '^{"event":"end"' "$lab_dir/slow.out")" 3
stop_pathsim

# --- dead hosts, interruption, resumption --------------------------------------

start_pathsim "$scenario"
printf '10.9.0.1\n10.9.0.2\n' >"$lab_dir/dead.txt"
ttr --targets "$lab_dir/dead.txt" --ndjson -w 0.2 443
is "dead: status" "$status" 1
is "dead: where the path ends" "$(count '"state":"filtered","reached":false,"distance":null,"rtt_ms":null,"blocked":{"after_ttl":3,')" 2
stop_pathsim

start_pathsim "$scenario"
cat "$lab_dir/all.txt" "$lab_dir/dead.txt" >"$lab_dir/both.txt"
: >"$lab_dir/part.ndjson"
spawn h "$TTR" --targets "$lab_dir/both.txt" --ndjson -w 600 443 >"$lab_dir/part.ndjson" 2>"$lab_dir/part.err"
wait_for "all that live" eval '[ "$(grep -c "\"event\":\"end\"" "$lab_dir/part.ndjson")" -eq 24 ]'
# A shell's background processes ignore SIGINT.
kill -TERM "$spawned"
wait "$spawned"
is "SIGTERM: dies by it" "$?" 143
ok "complete lines" "$python" -c '
import json, sys
for line in open(sys.argv[1]): json.loads(line)' "$lab_dir/part.ndjson"
is "what was under way is told" "$(grep -c '"interrupted":true' "$lab_dir/part.ndjson")" 2
printf '{"event":"end","target":"10.9.0.1","port":44' >>"$lab_dir/part.ndjson"
ttr --targets "$lab_dir/both.txt" --ndjson --resume "$lab_dir/part.ndjson" -w 0.2 443
is "resumed: the rest" "$(count '"event":"end"')" 2
stop_pathsim

# As the manual says it: the output goes on in the file that is read, behind a line that was cut off.
start_pathsim "$scenario"
printf '{"event":"hop","target":"10.9.0.1","port":44' >"$lab_dir/goes-on.ndjson"
at h "$BASH" -c "'$TTR' --targets '$lab_dir/all.txt' --ndjson --rate 5000 \
	--resume '$lab_dir/goes-on.ndjson' 443 >>'$lab_dir/goes-on.ndjson'"
is "resumed in the same file: one line is broken" \
	"$(jq -cR 'fromjson? // "broken"' "$lab_dir/goes-on.ndjson" | grep -c '^"broken"$')" 1
is "resumed in the same file: all ends" "$(grep -c '^{"event":"end"' "$lab_dir/goes-on.ndjson")" 24
stop_pathsim

done_testing
