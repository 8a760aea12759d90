/* SPDX-License-Identifier: BSD-2-Clause */
#include "malform.h"
#include "rewrite.h"
#include "sim.h"
#include "text.h"
#include "value.h"

#define NS_PER_MS 1000000
#define NS_PER_S 1000000000
#define PPM_PER_PERCENT 10000

static void print_word(struct ps_text *text, const char *before, const char *word)
{
	ps_text_add(text, before);
	ps_text_add(text, word);
}

static void print_number(struct ps_text *text, const char *before, uint64_t number)
{
	ps_text_add(text, before);
	ps_text_number(text, number);
}

static void print_ms(struct ps_text *text, const char *before, uint64_t ns)
{
	ps_text_add(text, before);
	ps_text_decimal(text, ns, NS_PER_MS);
	ps_text_add(text, "ms");
}

static void print_addr(struct ps_text *text, const struct pathsim_addr *addr)
{
	if (addr->family == 0)
		return;
	ps_text_add(text, " ");
	ps_text_addr(text, addr);
}

static void print_rate(struct ps_text *text, const char *before, const struct pathsim_limit *limit)
{
	print_number(text, before, limit->answers);
	ps_text_add(text, "/");
	if (limit->per_ns != NS_PER_S)
		ps_text_decimal(text, limit->per_ns, NS_PER_S);
	ps_text_add(text, "s");
}

static void print_interface(struct ps_text *text, const struct pathsim_interface *interface)
{
	if (!interface->active)
		return;
	ps_text_add(text, " interface");
	if (interface->role != PATHSIM_ROLE_INCOMING)
		print_word(text, " role ", ps_interface_roles[interface->role]);
	if (interface->name[0] != '\0')
		print_word(text, " name ", interface->name);
	if (interface->index > 0)
		print_number(text, " index ", interface->index);
	if (interface->addr.family != 0) {
		ps_text_add(text, " address");
		print_addr(text, &interface->addr);
	}
	if (interface->mtu > 0)
		print_number(text, " mtu ", interface->mtu);
}

static void print_object(struct ps_text *text, const struct pathsim_object *object)
{
	char digits[3] = "";

	if (!object->active)
		return;
	print_number(text, " object class ", object->class_number);
	print_number(text, " type ", object->type);
	ps_text_add(text, object->len > 0 ? " " : " empty");
	for (size_t i = 0; i < object->len; i++) {
		digits[0] = "0123456789abcdef"[object->bytes[i] >> 4];
		digits[1] = "0123456789abcdef"[object->bytes[i] & 15];
		ps_text_add(text, digits);
	}
}

static void print_extensions(struct ps_text *text, const struct pathsim_extensions *extensions)
{
	if (extensions->mpls_count > 0)
		ps_text_add(text, " mpls");
	for (size_t i = 0; i < extensions->mpls_count; i++) {
		print_number(text, " ", extensions->mpls[i].label);
		print_number(text, "/", extensions->mpls[i].traffic_class);
		print_number(text, "/", extensions->mpls[i].ttl);
	}
	print_object(text, &extensions->object);
	if (extensions->old_form)
		ps_text_add(text, " extensions old");
}

static void print_share(struct ps_text *text, const char *before, uint32_t ppm)
{
	ps_text_add(text, before);
	ps_text_decimal(text, ppm, PPM_PER_PERCENT);
	ps_text_add(text, "%");
}

static void print_lag(struct ps_text *text, const char *before, const struct pathsim_lag *lag)
{
	print_share(text, before, lag->share_ppm);
	print_ms(text, " by ", lag->by_ns);
}

static void print_manner(struct ps_text *text, const struct pathsim_manner *manner, const char *rtt)
{
	if (manner->rtt_ns > 0)
		print_ms(text, rtt, manner->rtt_ns);
	if (manner->jitter_ns > 0)
		print_ms(text, " jitter ", manner->jitter_ns);
	if (manner->loss_ppm > 0)
		print_share(text, " loss ", manner->loss_ppm);
	if (manner->reorder.share_ppm > 0)
		print_lag(text, " reorder ", &manner->reorder);
	if (manner->late.share_ppm > 0)
		print_lag(text, " late ", &manner->late);
	if (manner->duplicate_ppm > 0)
		print_share(text, " duplicate ", manner->duplicate_ppm);
	if (manner->malformed != PATHSIM_MALFORMED_NONE) {
		print_word(text, " malformed ", ps_malform_words[manner->malformed]);
		print_share(text, " ", manner->malformed_ppm);
	}
	if (manner->ttl > 0)
		print_number(text, " ttl ", manner->ttl);
	if (manner->back > 0)
		print_number(text, " back ", manner->back);
	if (manner->option_bytes > 0)
		print_number(text, " options ", manner->option_bytes);
	if (manner->quote == PATHSIM_QUOTE_FULL)
		ps_text_add(text, " quote full");
	if (manner->quote == PATHSIM_QUOTE_BYTES)
		print_number(text, " quote ", manner->quote_bytes);
	if (manner->quote_ttl == PATHSIM_QUOTE_TTL_SENT)
		ps_text_add(text, " quote-ttl sent");
	if (manner->quote_ttl == PATHSIM_QUOTE_TTL_FIXED)
		print_number(text, " quote-ttl ", manner->quoted_ttl);
	print_extensions(text, &manner->extensions);
	if (manner->limit_linux)
		ps_text_add(text, " limit linux");
	else if (manner->limit.answers > 0)
		print_number(text, " limit ", manner->limit.burst);
	if (!manner->limit_linux && manner->limit.answers > 0)
		print_rate(text, " ", &manner->limit);
}

static void print_codes(struct ps_text *text, uint8_t code4, uint8_t code6)
{
	print_number(text, " code ", code4);
	print_number(text, " code6 ", code6);
}

static void print_name(struct ps_text *text, const char *name)
{
	if (name != NULL)
		print_word(text, " name ", name);
}

static void print_addrs(struct ps_text *text, const struct pathsim_addr *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ps_text_add(text, i == 0 ? " " : ",");
		ps_text_addr(text, &addrs[i]);
	}
}

static void print_hop_rest(struct ps_text *text, const struct pathsim_hop *hop)
{
	print_addrs(text, hop->v4, hop->v4_count);
	print_addrs(text, hop->v6, hop->v6_count);
	/* Without any address a hop is silent anyhow; the text has to say so. */
	if (hop->silent || hop->v4_count + hop->v6_count == 0)
		ps_text_add(text, " silent");
	if (hop->per_packet)
		ps_text_add(text, " per packet");
	print_manner(text, &hop->manner, " rtt ");
	if (hop->reject.active) {
		ps_text_add(text, " reject");
		print_codes(text, hop->reject.code4, hop->reject.code6);
	}
	print_name(text, hop->name);
	/* Last: a name behind it would be the interface's. */
	print_interface(text, &hop->manner.extensions.interface);
	ps_text_add(text, "\n");
}

static void print_hop(struct ps_text *text, const struct pathsim_hop *hop)
{
	print_number(text, "hop ", hop->ttl);
	print_hop_rest(text, hop);
}

static void print_detour(struct ps_text *text, const struct pathsim_detour *detour)
{
	print_number(text, "detour at ", detour->like.ttl);
	print_share(text, " share ", detour->share_ppm);
	print_hop_rest(text, &detour->like);
}

static void print_flags(struct ps_text *text, uint8_t flags)
{
	static const char *const names[] = {" FIN", " SYN", " RST", " PSH",
					    " ACK", " URG", " ECE", " CWR"};

	if (flags == 0)
		ps_text_add(text, " none");
	for (size_t i = 0; i < 8; i++)
		if ((flags >> i & 1) != 0)
			ps_text_add(text, names[i]);
}

static void print_behaviour(struct ps_text *text, const struct pathsim_port *port)
{
	static const char *const words[] = {
		[PATHSIM_PORT_CLOSED] = " closed",     [PATHSIM_PORT_OPEN] = " open",
		[PATHSIM_PORT_DROPPED] = " dropped",   [PATHSIM_PORT_ANSWERS] = " answers",
		[PATHSIM_PORT_REJECTED] = " rejected",
	};

	ps_text_add(text, words[port->kind]);
	if (port->kind == PATHSIM_PORT_OPEN && port->ecn)
		ps_text_add(text, " ecn");
	if (port->kind == PATHSIM_PORT_ANSWERS)
		print_flags(text, port->flags);
	if (port->kind == PATHSIM_PORT_REJECTED)
		print_codes(text, port->code4, port->code6);
	ps_text_add(text, "\n");
}

static void print_port(struct ps_text *text, const struct pathsim_port *port)
{
	print_number(text, "port ", port->first);
	if (port->last != port->first)
		print_number(text, "-", port->last);
	print_behaviour(text, port);
}

/* ADDRESS or ADDRESS:PORT */
static void print_endpoint(struct ps_text *text, const struct pathsim_addr *addr, uint16_t port)
{
	bool brackets = addr->family == 6 && port > 0;

	ps_text_add(text, brackets ? " [" : " ");
	ps_text_addr(text, addr);
	if (port > 0)
		print_number(text, brackets ? "]:" : ":", port);
}

static void print_rewrite(struct ps_text *text, const struct pathsim_rewrite *rewrite)
{
	const struct ps_rewrite_kind *kind = &ps_rewrite_kinds[rewrite->kind];

	ps_text_add(text, kind->word);
	if (kind->argument == PS_REWRITE_NUMBER)
		print_number(text, " ", rewrite->number);
	if (kind->argument == PS_REWRITE_ENDPOINT)
		print_endpoint(text, &rewrite->addr, rewrite->number);
	print_number(text, " at ", rewrite->at);
	if (rewrite->raw && kind->raw != NULL)
		print_word(text, " ", kind->raw);
	ps_text_add(text, "\n");
}

static void print_firewall(struct ps_text *text, const struct pathsim_firewall *rule)
{
	print_number(text, "firewall at ", rule->at);
	print_word(text, " ", ps_firewall_words[rule->action]);
	if (rule->action == PATHSIM_FIREWALL_REJECT)
		print_codes(text, rule->code4, rule->code6);
	if (rule->first == 0)
		ps_text_add(text, " any");
	else
		print_number(text, " ", rule->first);
	if (rule->first > 0 && rule->last != rule->first)
		print_number(text, "-", rule->last);
	ps_text_add(text, "\n");
}

static void print_dnat(struct ps_text *text, const struct pathsim_dnat *dnat)
{
	if (dnat->to.family == 0)
		return;
	ps_text_add(text, "dnat");
	print_endpoint(text, &dnat->to, dnat->port);
	print_number(text, " at ", dnat->at);
	ps_text_add(text, "\n");
}

static void print_hosts(struct ps_text *text, const struct pathsim_crowd *crowd)
{
	const struct pathsim_hop *like = &crowd->like;

	print_number(text, "hosts ", crowd->hosts);
	print_number(text, " in ", crowd->prefixes);
	print_number(text, " prefixes fan ", crowd->fan);
	if (crowd->dead_ppm > 0)
		print_share(text, " dead ", crowd->dead_ppm);
	print_addr(text, &crowd->routers4);
	print_addr(text, &crowd->routers6);
	if (like->silent)
		ps_text_add(text, " silent");
	print_manner(text, &like->manner, " rtt ");
	if (like->reject.active) {
		ps_text_add(text, " reject");
		print_codes(text, like->reject.code4, like->reject.code6);
	}
	print_interface(text, &like->manner.extensions.interface);
	ps_text_add(text, "\n");
}

static void print_destination(struct ps_text *text, const struct pathsim_destination *dest)
{
	ps_text_add(text, "destination");
	print_addr(text, &dest->v4);
	print_addr(text, &dest->v6);
	print_number(text, " at ", dest->distance);
	if (dest->silent)
		ps_text_add(text, " silent");
	print_manner(text, &dest->manner, " rtt ");
	print_name(text, dest->name);
	print_interface(text, &dest->manner.extensions.interface);
	ps_text_add(text, "\n");
	if (dest->crowd != NULL)
		print_hosts(text, dest->crowd);
	if (dest->stack != PATHSIM_STACK_LINUX || dest->no_timestamps) {
		print_word(text, "stack ", ps_stack_words[dest->stack]);
		if (dest->no_timestamps)
			ps_text_add(text, " without timestamps");
		ps_text_add(text, "\n");
	}
	if (dest->rst_limit.answers > 0) {
		print_rate(text, "rstlimit ", &dest->rst_limit);
		if (dest->rst_limit.burst != dest->rst_limit.answers)
			print_number(text, " burst ", dest->rst_limit.burst);
		ps_text_add(text, "\n");
	}
	for (size_t i = 0; i < dest->port_count; i++)
		print_port(text, &dest->ports[i]);
	if (dest->others.kind != PATHSIM_PORT_CLOSED) {
		ps_text_add(text, "port any");
		print_behaviour(text, &dest->others);
	}
	print_dnat(text, &dest->dnat4);
	print_dnat(text, &dest->dnat6);
	for (size_t i = 0; i < dest->detour_count; i++)
		print_detour(text, &dest->detours[i]);
	for (size_t i = 0; i < dest->firewall_count; i++)
		print_firewall(text, &dest->firewalls[i]);
	for (size_t i = 0; i < dest->rewrite_count; i++)
		print_rewrite(text, &dest->rewrites[i]);
	for (size_t i = 0; i < dest->hop_count; i++)
		print_hop(text, &dest->hops[i]);
}

static void print_nameserver(struct ps_text *text, const struct pathsim_nameserver *server)
{
	static const char *const words[] = {
		[PATHSIM_DNS_ANSWERS] = "",
		[PATHSIM_DNS_DEAD] = " dead",
		[PATHSIM_DNS_REFUSED] = " refused",
		[PATHSIM_DNS_SERVFAIL] = " servfail",
	};

	ps_text_add(text, "nameserver");
	print_addr(text, &server->v4);
	print_addr(text, &server->v6);
	if (server->distance > 0)
		print_number(text, " at ", server->distance);
	print_manner(text, &server->manner, " delay ");
	ps_text_add(text, words[server->mode]);
	print_interface(text, &server->manner.extensions.interface);
	ps_text_add(text, "\n");
}

static void print_forge(struct ps_text *text, const struct pathsim_forge *forge, bool tcp)
{
	if (forge->rate.answers == 0)
		return;
	print_rate(text, "forge ", &forge->rate);
	ps_text_add(text, tcp ? " tcp ports " : " icmp ports ");
	ps_text_add(text, forge->know_ports ? "known seq " : "random seq ");
	ps_text_add(text, forge->know_seq ? "known" : "random");
	if (forge->for_ns > 0)
		print_ms(text, " for ", forge->for_ns);
	ps_text_add(text, "\n");
}

static void print_pair(struct ps_text *text, const char *word, const struct pathsim_addr *v4,
		       const struct pathsim_addr *v6)
{
	if (v4->family == 0 && v6->family == 0)
		return;
	ps_text_add(text, word);
	print_addr(text, v4);
	print_addr(text, v6);
	ps_text_add(text, "\n");
}

size_t pathsim_print(const struct pathsim *sim, char *bytes, size_t size)
{
	const struct pathsim_network *network = &sim->network;
	struct ps_text text = {.bytes = bytes, .size = size};

	print_number(&text, "seed ", sim->seed);
	ps_text_add(&text, "\n");
	print_pair(&text, "prober", &network->prober4, &network->prober6);
	print_pair(&text, "gateway", &network->gateway4, &network->gateway6);
	for (size_t i = 0; i < PATHSIM_FORGE_KINDS; i++)
		print_forge(&text, &network->forges[i], i == PATHSIM_FORGE_TCP);
	for (size_t i = 0; i < network->hop_count; i++)
		print_hop(&text, &network->hops[i]);
	for (size_t i = 0; i < network->detour_count; i++)
		print_detour(&text, &network->detours[i]);
	for (size_t i = 0; i < network->firewall_count; i++)
		print_firewall(&text, &network->firewalls[i]);
	for (size_t i = 0; i < network->rewrite_count; i++)
		print_rewrite(&text, &network->rewrites[i]);
	for (size_t i = 0; i < network->destination_count; i++)
		print_destination(&text, &network->destinations[i]);
	for (size_t i = 0; i < network->nameserver_count; i++)
		print_nameserver(&text, &network->nameservers[i]);
	for (size_t i = 0; i < network->name_count; i++) {
		ps_text_add(&text, "name");
		print_addr(&text, &network->names[i].addr);
		print_word(&text, " ", network->names[i].name);
		ps_text_add(&text, "\n");
	}
	return text.len;
}
