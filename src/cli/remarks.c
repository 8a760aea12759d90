/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/remarks.h"

#include "cli/escape.h"
#include "cli/fields.h"
#include "cli/format.h"
#include "net/address.h"
#include "tcptraceroute/probe.h"

#define NAME_MAX_SHOWN 255

/* These are other ones in each probe, or in each flow. */
#define PER_PROBE                                                                                  \
	(TTR_FIELD_BIT(TTR_FIELD_IP_ID) | TTR_FIELD_BIT(TTR_FIELD_TCP_SPORT) |                     \
	 TTR_FIELD_BIT(TTR_FIELD_TCP_SEQ) | TTR_FIELD_BIT(TTR_FIELD_TCP_ACK) |                     \
	 TTR_FIELD_BIT(TTR_FIELD_TCP_TSVAL))

static void put_address(struct ttr_buffer *out, const struct ttr_addr *addr)
{
	char text[TTR_ADDR_TEXT_MAX];

	ttr_buffer_put(out, ttr_addr_format(text, addr));
}

static void put_labels(struct ttr_buffer *out, const struct ttr_extensions *extensions)
{
	for (unsigned int i = 0; i < extensions->label_count; i++) {
		const struct ttr_label *label = &extensions->labels[i];

		ttr_buffer_print(out, "%sL=%u,E=%u,S=%d,T=%u", i ? "/" : ";MPLS:", label->label,
				 label->tc, label->bottom, label->ttl);
	}
	if (extensions->labels_truncated)
		ttr_buffer_put(out, "/...");
}

static void put_interface(struct ttr_buffer *out, const struct ttr_interface *interface)
{
	static const char *const roles[] = {
		[TTR_INTERFACE_INCOMING] = ";INC:",
		[TTR_INTERFACE_SUB_IP] = ";SUB:",
		[TTR_INTERFACE_OUTGOING] = ";OUT:",
		[TTR_INTERFACE_NEXT_HOP] = ";NXT:",
	};
	const char *comma = "";

	ttr_buffer_put(out, roles[interface->role]);
	if (interface->index) {
		ttr_buffer_print(out, "%u", interface->index);
		comma = ",";
	}
	if (interface->address.family != TTR_FAMILY_NONE) {
		ttr_buffer_put(out, comma);
		put_address(out, &interface->address);
		comma = ",";
	}
	if (interface->name[0]) {
		ttr_buffer_print(out, "%s\"", comma);
		ttr_escape(out, interface->name, NAME_MAX_SHOWN);
		ttr_buffer_put(out, "\"");
		comma = ",";
	}
	if (interface->mtu)
		ttr_buffer_print(out, "%smtu=%u", comma, interface->mtu);
}

static void put_object(struct ttr_buffer *out, const struct ttr_object *object)
{
	static const char digits[] = "0123456789abcdef";

	ttr_buffer_print(out, ";%u/%u:", object->class_number, object->type);
	for (unsigned int i = 0; i < object->length && i < TTR_OBJECT_BYTES_MAX; i++) {
		ttr_buffer_add(out, &digits[object->bytes[i] >> 4], 1);
		ttr_buffer_add(out, &digits[object->bytes[i] & 0xf], 1);
	}
	if (object->length > TTR_OBJECT_BYTES_MAX)
		ttr_buffer_put(out, "...");
}

void ttr_remarks_extensions(struct ttr_buffer *out, const struct ttr_extensions *extensions)
{
	const size_t start = out->length;

	put_labels(out, extensions);
	if (extensions->interface.known)
		put_interface(out, &extensions->interface);
	for (unsigned int i = 0; i < extensions->object_count; i++)
		put_object(out, &extensions->objects[i]);
	if (extensions->objects_truncated)
		ttr_buffer_put(out, ";...");
	if (extensions->invalid)
		ttr_buffer_put(out, ";invalid");
	if (out->failed || out->length == start)
		return;
	/* the first separator */
	out->data[start] = '<';
	ttr_buffer_put(out, ">");
}

static void put_flags(struct ttr_buffer *out, uint32_t flags)
{
	const char *comma = "";

	for (size_t i = 0; i < TTR_FLAG_COUNT; i++) {
		const struct ttr_flag_name *name = &ttr_flag_names[i];

		if (!(flags & name->flag))
			continue;
		ttr_buffer_put(out, comma);
		ttr_buffer_put(out, name->flag == TTR_TCP_ECE ? "ECE" : name->word);
		comma = ",";
	}
	if (!*comma)
		ttr_buffer_put(out, "none");
}

static void put_options(struct ttr_buffer *out, uint32_t bits)
{
	char name[TTR_OPTION_NAME_MAX];
	const char *comma = "";

	for (unsigned int bit = 0; bit < 32; bit++) {
		if (!(bits >> bit & 1))
			continue;
		ttr_field_option(name, bit);
		ttr_buffer_put(out, comma);
		ttr_buffer_put(out, name);
		comma = ",";
	}
	if (!*comma)
		ttr_buffer_put(out, "none");
}

static void put_value(struct ttr_buffer *out, enum ttr_field field, uint32_t value)
{
	if (field == TTR_FIELD_TCP_FLAGS)
		put_flags(out, value);
	else if (field == TTR_FIELD_TCP_OPTIONS)
		put_options(out, value);
	else if (field == TTR_FIELD_IP_TOS)
		ttr_buffer_print(out, "0x%02x", value);
	else
		ttr_buffer_print(out, "%u", value);
}

static void put_change(struct ttr_buffer *out, const struct ttr_view *view,
		       const struct ttr_cell *cell, enum ttr_field field)
{
	const struct ttr_change *change = &cell->changes->of[field];
	const struct ttr_egress *egress = view->egress;
	const bool source = field == TTR_FIELD_IP_SRC;
	const bool address = source || field == TTR_FIELD_IP_DST;

	ttr_buffer_print(out, "      Detected change of %s from ", ttr_field_name(field));
	if (address)
		put_address(out, source ? &egress->source : &egress->target);
	else
		put_value(out, field, change->sent);
	ttr_buffer_put(out, " to ");
	if (address)
		put_address(out, source ? &cell->changes->source : &cell->quoted_target);
	else
		put_value(out, field, change->seen);
	ttr_buffer_put(out, "\n");
}

static bool was_said(const struct ttr_remarks *remarks, const struct ttr_cell *cell,
		     enum ttr_field field)
{
	if (!(remarks->fields & TTR_FIELD_BIT(field)))
		return false;
	if (PER_PROBE & TTR_FIELD_BIT(field))
		return true;
	if (field == TTR_FIELD_IP_SRC)
		return ttr_addr_equal(&remarks->source, &cell->changes->source);
	if (field == TTR_FIELD_IP_DST)
		return ttr_addr_equal(&remarks->target, &cell->quoted_target);
	return remarks->seen[field] == cell->changes->of[field].seen;
}

static void note(struct ttr_remarks *remarks, const struct ttr_cell *cell, enum ttr_field field)
{
	remarks->fields |= TTR_FIELD_BIT(field);
	remarks->seen[field] = cell->changes->of[field].seen;
	if (field == TTR_FIELD_IP_SRC)
		remarks->source = cell->changes->source;
	if (field == TTR_FIELD_IP_DST)
		remarks->target = cell->quoted_target;
}

static void put_changes(struct ttr_remarks *remarks, struct ttr_buffer *out,
			const struct ttr_view *view, const struct ttr_cell *cell)
{
	const uint32_t fields = cell->changes->fields & ~TTR_FIELD_BIT(TTR_FIELD_IP_TTL);

	for (unsigned int i = 0; i < TTR_FIELD_COUNT; i++) {
		const enum ttr_field field = (enum ttr_field)i;

		if (!(fields & TTR_FIELD_BIT(field)) || was_said(remarks, cell, field))
			continue;
		put_change(out, view, cell, field);
		note(remarks, cell, field);
	}
}

void ttr_remarks_changes(struct ttr_remarks *remarks, struct ttr_buffer *out,
			 const struct ttr_view *view, size_t port, unsigned int ttl)
{
	const struct ttr_cell *cells = ttr_grid_row(view->grid, port, ttl);

	if (remarks->port != port)
		*remarks = (struct ttr_remarks){.port = port};
	for (unsigned int query = 0; query < view->grid->queries; query++)
		if (cells[query].state == TTR_CELL_ANSWERED && cells[query].changes)
			put_changes(remarks, out, view, &cells[query]);
}
