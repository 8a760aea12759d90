#!/bin/bash
# Real Linux and pathsim get the same bursts and have to answer the same.
#
#	h 198.18.0.1 ---- 198.18.0.2 r 198.18.1.1 ---- 198.18.1.10 d    80 open, 81 closed, 82 rejected
#	s 198.18.0.1 ---- pathsim with the same path
set -u
burst=$1 pathsim=$2
dir=$(dirname "$0")
names=(h r d s)
id=ttr-ps$$
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 77; }

work=$(mktemp -d)
pids=()
cleanup() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	for name in "${names[@]}"; do ip netns del "$id-$name" 2>/dev/null; done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

on() { local name=$1; shift; ip netns exec "$id-$name" "$@"; }

for name in "${names[@]}"; do
	ip netns add "$id-$name" && ip -n "$id-$name" link set lo up || exit 1
done
ip -n "$id-h" link add eth0 type veth peer name eth0 netns "$id-r"
ip -n "$id-r" link add eth1 type veth peer name eth0 netns "$id-d"
ip -n "$id-h" addr add 198.18.0.1/24 dev eth0
ip -n "$id-r" addr add 198.18.0.2/24 dev eth0
ip -n "$id-r" addr add 198.18.1.1/24 dev eth1
ip -n "$id-d" addr add 198.18.1.10/24 dev eth0
for end in h.eth0 r.eth0 r.eth1 d.eth0; do ip -n "$id-${end%.*}" link set "${end#*.}" up; done
ip -n "$id-h" route add default via 198.18.0.2
ip -n "$id-d" route add default via 198.18.1.1
on r sysctl -qw net.ipv4.ip_forward=1
# As on a path longer than the burst: no reset of the prober's kernel comes between its SYNs.
for name in h s; do
	on $name nft -f - <<-'END' || exit 1
		table ip t {
			chain out {
				type filter hook output priority 0
				tcp flags rst drop
			}
		}
	END
done
on d nft -f - <<-'END' || exit 1
	table ip t {
		chain in {
			type filter hook input priority 0
			tcp dport 82 reject with icmp type admin-prohibited
		}
	}
END
ip netns exec "$id-d" "$burst" listen 80 >"$work/listen" & pids+=($!)
cat >"$work/path" <<-'END'
	prober 198.18.0.1
	hop 1 198.18.0.2 limit linux
	destination 198.18.1.10 at 2 rtt 1ms limit linux
	port 80 open
	port 82 rejected code 13
END
ip netns exec "$id-s" "$pathsim" --device sim0 "$work/path" >"$work/ready" & pids+=($!)
until grep -q ready "$work/ready" && grep -q listening "$work/listen"; do
	kill -0 "${pids[1]}" 2>/dev/null && kill -0 "${pids[0]}" 2>/dev/null || exit 1
	sleep 0.05
done

number=0 failed=0
compare() {
	local what=$1 real simulated
	shift
	real=$(on h "$burst" 198.18.0.1 198.18.1.10 "$@" | uniq -c)
	simulated=$(on s "$burst" 198.18.0.1 198.18.1.10 "$@" | uniq -c)
	number=$((number + 1))
	if [ -n "$real" ] && [ "$real" = "$simulated" ]; then
		echo "ok $number - $what:" $real
	else
		failed=1
		echo "not ok $number - $what"
		printf '# real: %s\n# pathsim: %s\n' "${real//$'\n'/;}" "${simulated//$'\n'/;}"
	fi
}

echo 1..6
on h ping -c 1 -W 2 198.18.1.10 >/dev/null # so that the neighbours are known
compare "time exceeded, limited" 1 80 64 0
compare "rejected, limited" 9 82 64 0
compare "closed" 9 81 30 0
compare "open, equal SYNs" 9 80 8 0
compare "open, rising" 9 80 8 1
compare "open, far apart" 9 80 8 -100000
exit $failed
