/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/json_remarks.h"

#include <stdio.h>

#include "cli/fields.h"
#include "cli/json.h"

static json_t *make_options(uint32_t bits)
{
	char name[TTR_OPTION_NAME_MAX];
	json_t *options = json_array();
	int failed = 0;

	for (unsigned int bit = 0; bit < 32; bit++) {
		if (!(bits >> bit & 1))
			continue;
		ttr_field_option(name, bit);
		failed |= json_array_append_new(options, json_string(name));
	}
	return ttr_json_complete(options, failed);
}

static json_t *make_value(enum ttr_field field, uint32_t value)
{
	if (field == TTR_FIELD_TCP_FLAGS)
		return ttr_json_flags((uint8_t)value);
	if (field == TTR_FIELD_TCP_OPTIONS)
		return make_options(value);
	return json_integer(value);
}

static json_t *make_change(const struct ttr_view *view, const struct ttr_cell *cell,
			   enum ttr_field field)
{
	const struct ttr_change *change = &cell->changes->of[field];
	json_t *object = json_object(), *sent, *seen;
	int failed;

	if (field == TTR_FIELD_IP_SRC) {
		sent = ttr_json_address(&view->egress->source);
		seen = ttr_json_address(&cell->changes->source);
	} else if (field == TTR_FIELD_IP_DST) {
		sent = ttr_json_address(&view->egress->target);
		seen = ttr_json_address(&cell->quoted_target);
	} else {
		sent = make_value(field, change->sent);
		seen = make_value(field, change->seen);
	}
	failed = json_object_set_new(object, "field", json_string(ttr_field_name(field)));
	failed |= json_object_set_new(object, "sent", sent);
	failed |= json_object_set_new(object, "seen", seen);
	return ttr_json_complete(object, failed);
}

static json_t *make_changes(const struct ttr_view *view, const struct ttr_cell *cell)
{
	json_t *changes = json_array();
	int failed = 0;

	for (unsigned int field = 0; field < TTR_FIELD_COUNT; field++)
		if (cell->changes->fields & TTR_FIELD_BIT(field))
			failed |= json_array_append_new(
				changes, make_change(view, cell, (enum ttr_field)field));
	return ttr_json_complete(changes, failed);
}

int ttr_json_add_changes(json_t *object, const struct ttr_view *view, const struct ttr_cell *cell)
{
	const bool rewritten = cell->evidence == TTR_EVIDENCE_REWRITTEN;
	int failed = 0;

	if (cell->changes)
		failed |= json_object_set_new(object, "changes", make_changes(view, cell));
	if (cell->changes_dropped)
		failed |= json_object_set_new(object, "changes_truncated", json_true());
	if (cell->changes || cell->changes_dropped || rewritten)
		failed |= json_object_set_new(object, "match",
					      json_string(rewritten ? "rewritten" : "exact"));
	return failed;
}

static json_t *make_label(const struct ttr_label *label)
{
	json_t *object = json_object();
	int failed = 0;

	failed |= json_object_set_new(object, "label", json_integer(label->label));
	failed |= json_object_set_new(object, "tc", json_integer(label->tc));
	failed |= json_object_set_new(object, "bottom", json_boolean(label->bottom));
	failed |= json_object_set_new(object, "ttl", json_integer(label->ttl));
	return ttr_json_complete(object, failed);
}

static json_t *make_labels(const struct ttr_extensions *extensions)
{
	json_t *labels = json_array();
	int failed = 0;

	for (unsigned int i = 0; i < extensions->label_count; i++)
		failed |= json_array_append_new(labels, make_label(&extensions->labels[i]));
	return ttr_json_complete(labels, failed);
}

/* What was not said is not there. */
static json_t *make_interface(const struct ttr_interface *interface)
{
	static const char *const roles[] = {
		[TTR_INTERFACE_INCOMING] = "incoming",
		[TTR_INTERFACE_SUB_IP] = "sub-ip",
		[TTR_INTERFACE_OUTGOING] = "outgoing",
		[TTR_INTERFACE_NEXT_HOP] = "next-hop",
	};
	json_t *object = json_object();
	int failed = json_object_set_new(object, "role", json_string(roles[interface->role]));

	if (interface->index)
		failed |= json_object_set_new(object, "index", json_integer(interface->index));
	if (interface->address.family != TTR_FAMILY_NONE)
		failed |= json_object_set_new(object, "address",
					      ttr_json_address(&interface->address));
	if (interface->name[0])
		failed |= json_object_set_new(object, "name", ttr_json_text(interface->name));
	if (interface->mtu)
		failed |= json_object_set_new(object, "mtu", json_integer(interface->mtu));
	return ttr_json_complete(object, failed);
}

static json_t *make_object(const struct ttr_object *unknown)
{
	char hex[2 * TTR_OBJECT_BYTES_MAX + 1] = "";
	json_t *object = json_object();
	int failed = 0;

	for (unsigned int i = 0; i < unknown->length && i < TTR_OBJECT_BYTES_MAX; i++)
		snprintf(hex + 2 * i, 3, "%02x", unknown->bytes[i]);
	failed |= json_object_set_new(object, "class", json_integer(unknown->class_number));
	failed |= json_object_set_new(object, "type", json_integer(unknown->type));
	failed |= json_object_set_new(object, "length", json_integer(unknown->length));
	failed |= json_object_set_new(object, "data", json_string(hex));
	return ttr_json_complete(object, failed);
}

static json_t *make_objects(const struct ttr_extensions *extensions)
{
	json_t *objects = json_array();
	int failed = 0;

	for (unsigned int i = 0; i < extensions->object_count; i++)
		failed |= json_array_append_new(objects, make_object(&extensions->objects[i]));
	return ttr_json_complete(objects, failed);
}

int ttr_json_add_extensions(json_t *object, const struct ttr_cell *cell)
{
	const struct ttr_extensions *extensions = cell->extensions;
	int failed = 0;

	if (cell->extensions_dropped)
		return json_object_set_new(object, "extensions_truncated", json_true());
	if (!extensions)
		return 0;
	if (extensions->label_count)
		failed |= json_object_set_new(object, "mpls", make_labels(extensions));
	if (extensions->labels_truncated)
		failed |= json_object_set_new(object, "labels_truncated", json_true());
	if (extensions->interface.known)
		failed |= json_object_set_new(object, "interface",
					      make_interface(&extensions->interface));
	if (extensions->object_count)
		failed |= json_object_set_new(object, "extensions", make_objects(extensions));
	if (extensions->objects_truncated)
		failed |= json_object_set_new(object, "extensions_truncated", json_true());
	if (extensions->invalid)
		failed |= json_object_set_new(object, "extensions_invalid", json_true());
	return failed;
}
