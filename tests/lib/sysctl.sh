#!/bin/bash
# Make the network namespace this runs in a well-behaved test node: it forwards,
# answers every probe without an ICMP limit, and speaks only when asked.

set_to() {
	[ ! -e "/proc/sys/net/$1" ] || echo "$2" >"/proc/sys/net/$1"
}

set_to ipv4/ip_forward 1
set_to ipv6/conf/all/forwarding 1
for conf in all default; do
	set_to ipv4/conf/$conf/rp_filter 0
	set_to ipv4/conf/$conf/send_redirects 0
	set_to ipv4/conf/$conf/accept_redirects 0
	set_to ipv6/conf/$conf/accept_redirects 0
	set_to ipv6/conf/$conf/accept_ra 0
	set_to ipv6/conf/$conf/router_solicitations 0
	set_to ipv6/conf/$conf/accept_dad 0
	set_to ipv6/conf/$conf/disable_ipv6 0
done
# Older kernels keep the global ICMP limit outside the namespace: an empty mask
# takes every type out of it.
set_to ipv4/icmp_ratelimit 0
set_to ipv4/icmp_ratemask 0
set_to ipv4/icmp_msgs_per_sec 1000000
set_to ipv4/icmp_msgs_burst 100000
set_to ipv6/icmp/ratelimit 0
set_to ipv4/ip_local_port_range '32768 60999'
exit 0
