/* SPDX-License-Identifier: BSD-2-Clause */
#include "traces.h"

#include <jansson.h>
#include <string.h>

#include "cli/escape.h"
#include "fuzz.h"

#define AREA_SIZE (1u << 20)
#define DEPTH_MAX 16 /* of JSON */

#if defined(__SANITIZE_ADDRESS__)
#define HAS_AREA 0
#elif defined(__has_feature)
#define HAS_AREA !__has_feature(address_sanitizer)
#else
#define HAS_AREA 1
#endif

struct input {
	const uint8_t *at;
	size_t left;
};

static const uint16_t port = 443;
static const struct ttr_sandbox sandbox = {.capabilities = 0};

static _Alignas(16) uint8_t area[AREA_SIZE];
static size_t area_used;

static void *take_room(size_t size)
{
	uint8_t *room = area + area_used;

	area_used += (size + 15) / 16 * 16;
	CHECK(size < sizeof(area) && area_used <= sizeof(area));
	return room;
}

static void leave_room(void *room)
{
	(void)room;
}

void trace_init(void)
{
	if (HAS_AREA)
		json_set_alloc_funcs(take_room, leave_room);
}

static uint8_t take(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

static uint32_t take32(struct input *input)
{
	uint32_t value = take(input);

	value = value << 8 | take(input);
	value = value << 8 | take(input);
	return value << 8 | take(input);
}

static struct ttr_addr take_address(const struct trace *trace, struct input *input)
{
	const uint8_t last = take(input);

	if (trace->flags & TRACE_SIX)
		return (struct ttr_addr){.family = TTR_FAMILY_IPV6,
					 .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = last}};
	return (struct ttr_addr){.family = TTR_FAMILY_IPV4, .bytes = {198, 51, 100, last}};
}

static void take_string(struct input *input, char *text, size_t room)
{
	size_t length = 0;

	while (input->left) {
		const char c = (char)take(input);

		if (!c)
			break;
		if (length + 1 < room)
			text[length++] = c;
	}
	text[length] = '\0';
}

static void take_extensions(const struct trace *trace, struct input *input,
			    struct ttr_extensions *e)
{
	const uint8_t what = take(input);

	*e = (struct ttr_extensions){
		.invalid = what & 1,
		.labels_truncated = what & 2,
		.objects_truncated = what & 4,
		.label_count = what >> 3 & 3,
		.object_count = what >> 5 & 1,
		.interface.known = what & 0x40,
	};
	if (what >= 0xf8) {
		e->label_count = TTR_LABELS_MAX;
		e->object_count = TTR_OBJECTS_MAX;
	}
	for (unsigned int i = 0; i < e->label_count; i++)
		e->labels[i] = (struct ttr_label){
			.label = take32(input) & 0xfffff, .tc = what & 7, .ttl = what};
	for (unsigned int i = 0; i < e->object_count; i++) {
		e->objects[i] = (struct ttr_object){
			.class_number = take(input),
			.type = take(input),
			.length = take(input),
		};
		memset(e->objects[i].bytes, e->objects[i].type, TTR_OBJECT_BYTES_MAX);
	}
	if (!e->interface.known)
		return;
	e->interface.role = take(input) & 3;
	e->interface.index = take32(input);
	e->interface.mtu = take(input);
	if (what & 0x80)
		e->interface.address = take_address(trace, input);
	take_string(input, e->interface.name, sizeof(e->interface.name));
}

static void take_changes(const struct trace *trace, struct input *input,
			 struct ttr_changes *changes)
{
	const uint8_t which = take(input), more = take(input);

	memset(changes, 0, sizeof(*changes));
	/* two of them, or all */
	changes->fields = TTR_FIELD_BIT(which % TTR_FIELD_COUNT);
	changes->fields |= TTR_FIELD_BIT(more % TTR_FIELD_COUNT);
	if (which == 0xff)
		changes->fields = TTR_FIELD_BIT(TTR_FIELD_COUNT) - 1;
	for (unsigned int i = 0; i < TTR_FIELD_COUNT; i++)
		if (changes->fields & TTR_FIELD_BIT(i))
			changes->of[i] = (struct ttr_change){take(input), take32(input)};
	if (changes->fields & TTR_FIELD_BIT(TTR_FIELD_IP_SRC))
		changes->source = take_address(trace, input);
}

static void take_cell(struct trace *trace, struct input *input, unsigned int i)
{
	struct ttr_cell *cell = &trace->cells[i];
	const uint8_t kind = take(input), more = take(input);

	*cell = (struct ttr_cell){.state = kind & 3, .attempts = more & 7};
	if (cell->state != TTR_CELL_ANSWERED)
		return;
	cell->answer = TTR_ANSWER_TIME_EXCEEDED + (kind >> 2) % TTR_ANSWER_TCP;
	cell->evidence = kind >> 7;
	cell->address = take_address(trace, input);
	cell->rtt_ns = take32(input) * INT64_C(1000);
	cell->icmp_type = take(input);
	cell->icmp_code = take(input);
	cell->tcp_flags = take(input);
	cell->reply_ttl = more;
	cell->mtu = more & 0x80 ? take32(input) : 0;
	cell->late = more & 8;
	cell->duplicates = more >> 4 & 3;
	if (cell->answer > TTR_ANSWER_UNREACHABLE)
		return;
	cell->quoted_target = take_address(trace, input);
	cell->quoted_port = more & 0x40 ? port : take(input);
	if (more & 0x10) {
		take_extensions(trace, input, &trace->extensions[i]);
		cell->extensions = &trace->extensions[i];
	}
	if (more & 0x20) {
		take_changes(trace, input, &trace->changes[i]);
		cell->changes = &trace->changes[i];
	}
}

void trace_take(struct trace *trace, const uint8_t *data, size_t size)
{
	struct input from = {data, size}, *input = &from;

	area_used = 0;
	trace->flags = take(input);
	trace->egress = (struct ttr_egress){.device = "eth0", .started.ns = take32(input)};
	trace->egress.source = take_address(trace, input);
	trace->egress.target = take_address(trace, input);
	for (unsigned int i = 0; i < TRACE_CELLS; i++)
		take_cell(trace, input, i);
	trace->result = (struct ttr_port_result){
		.port = port,
		.state = take(input) % (TTR_PORT_FILTERED + 1),
		.reached = trace->flags & 1,
		.end_ttl = take(input) % (TRACE_ROWS + 1),
		.distance = take(input) % (TRACE_ROWS + 1),
		.last_seen_ttl = take(input) % (TRACE_ROWS + 1),
		.rtt_ns = -1,
	};
	for (unsigned int i = 0; i < TRACE_NAMES; i++)
		take_string(input, trace->names[i], TRACE_NAME_ROOM);
	ttr_settings_init(&trace->settings);
	trace->settings.host = trace->names[0];
	trace->settings.ports = &port;
	trace->settings.port_count = 1;
	trace->settings.max_ttl = TRACE_ROWS;
	trace->settings.queries = TRACE_QUERIES;
	trace->settings.dnat = trace->flags & TRACE_DNAT ? TTR_DNAT_REPORT : TTR_DNAT_ACCEPT;
	trace->grid = (struct ttr_grid){
		.first_ttl = 1,
		.max_ttl = TRACE_ROWS,
		.queries = TRACE_QUERIES,
		.cut_short = trace->flags & TRACE_CUT_SHORT,
		.port_count = 1,
		.ports = &trace->result,
		.cells = trace->cells,
	};
	ttr_survey_init(&trace->survey, &trace->egress.target);
	trace->view = (struct ttr_view){
		.settings = &trace->settings,
		.egress = &trace->egress,
		.grid = &trace->grid,
		.survey = &trace->survey,
		.sandbox = &sandbox,
		.name = trace_name,
		.context = trace,
		.interrupted = trace->flags & TRACE_INTERRUPTED,
	};
}

const char *trace_name(const void *trace, const struct ttr_addr *addr)
{
	const uint8_t last = addr->bytes[addr->family == TTR_FAMILY_IPV6 ? 15 : 3];

	if (last % TRACE_NAMES == 0)
		return NULL;
	return ((const struct trace *)trace)->names[last % TRACE_NAMES];
}

/* A decoder of its own. Returns how many bytes the character has; 0: it must not be there. */
static unsigned int read_character(const uint8_t *s, size_t left)
{
	uint32_t code = s[0];
	unsigned int size = 1;

	if (s[0] >= 0x80) {
		size = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
		if (s[0] < 0xc2 || s[0] > 0xf4 || size > left)
			return 0;
		code = s[0] & (0x7fu >> size);
		for (unsigned int i = 1; i < size; i++) {
			if (s[i] >> 6 != 2)
				return 0;
			code = code << 6 | (s[i] & 0x3f);
		}
		if (code < (size == 2 ? 0x80u : size == 3 ? 0x800u : 0x10000u) || code > 0x10ffff)
			return 0;
	}
	if ((code < 0x20 && code != '\n') || (code >= 0x7f && code < 0xa0) ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	if (code == 0x061c || code == 0x200e || code == 0x200f || code == 0xfeff ||
	    (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
		return 0;
	return size;
}

unsigned int trace_check_text(const struct ttr_buffer *text)
{
	const uint8_t *s = (const uint8_t *)ttr_buffer_text(text);
	unsigned int lines = 0, size;

	CHECK(!text->failed);
	for (size_t i = 0; i < text->length; i += size) {
		size = s[i] >= 0x20 && s[i] < 0x7f ? 1 : read_character(s + i, text->length - i);
		CHECK(size > 0);
		lines += s[i] == '\n';
	}
	CHECK(text->length == 0 || s[text->length - 1] == '\n');
	return lines;
}

struct json {
	const char *at; /* the text ends with 0, which is part of nothing */
	char inside[DEPTH_MAX];
	unsigned int depth;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_digits(struct json *json)
{
	CHECK(is_digit(*json->at));
	while (is_digit(*json->at))
		json->at++;
}

static void skip_number(struct json *json)
{
	json->at += *json->at == '-';
	if (*json->at == '0')
		json->at++;
	else
		skip_digits(json);
	if (*json->at == '.') {
		json->at++;
		skip_digits(json);
	}
	if (*json->at != 'e' && *json->at != 'E')
		return;
	json->at++;
	json->at += *json->at == '-' || *json->at == '+';
	skip_digits(json);
}

static void skip_string(struct json *json)
{
	CHECK(*json->at == '"');
	for (json->at++; *json->at != '"'; json->at++) {
		CHECK((uint8_t)*json->at >= 0x20);
		if (*json->at != '\\')
			continue;
		json->at++;
		CHECK(*json->at && strchr("\"\\/bfnrtu", *json->at));
		if (*json->at == 'u') {
			CHECK(strspn(json->at + 1, "0123456789abcdefABCDEF") >= 4);
			json->at += 4;
		}
	}
	json->at++;
}

static void skip_word(struct json *json)
{
	static const char *const words[] = {"null", "true", "false"};

	for (unsigned int i = 0; i < 3; i++) {
		if (strncmp(json->at, words[i], strlen(words[i])) == 0) {
			json->at += strlen(words[i]);
			return;
		}
	}
	CHECK(false); /* nothing that begins a value */
}

static void skip_blanks(struct json *json)
{
	while (*json->at == ' ' || *json->at == '\n')
		json->at++;
}

/* What comes before a value in what is open: the member's name. */
static void begin_member(struct json *json)
{
	skip_blanks(json);
	if (!json->depth || json->inside[json->depth - 1] != '}')
		return;
	skip_string(json);
	skip_blanks(json);
	CHECK(*json->at++ == ':');
	skip_blanks(json);
}

/* True if the value is one that has begun and has members. */
static bool begin_value(struct json *json)
{
	const char first = *json->at;

	if (first == '"') {
		skip_string(json);
	} else if (first == '-' || is_digit(first)) {
		skip_number(json);
	} else if (first == '{' || first == '[') {
		CHECK(json->depth < DEPTH_MAX);
		json->inside[json->depth++] = first == '{' ? '}' : ']';
		json->at++;
		skip_blanks(json);
		return *json->at != json->inside[json->depth - 1];
	} else {
		skip_word(json);
	}
	return false;
}

/* Behind a value, or in an empty one. True if another one comes. */
static bool end_value(struct json *json)
{
	while (json->depth) {
		skip_blanks(json);
		if (*json->at == ',') {
			json->at++;
			return true;
		}
		CHECK(*json->at++ == json->inside[--json->depth]);
	}
	return false;
}

void trace_check_json(const struct ttr_buffer *text)
{
	struct json json = {.at = ttr_buffer_text(text)};

	do
		begin_member(&json);
	while (begin_value(&json) || end_value(&json));
	CHECK(json.at + 1 == text->data + text->length && *json.at == '\n');
}

static size_t quote(char *to, const char *text)
{
	size_t length = 0;

	to[length++] = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			to[length++] = '\\';
		to[length++] = *text;
	}
	to[length++] = '"';
	return length;
}

void trace_check_member(const struct ttr_buffer *text, const char *member, const char *before,
			const char *value)
{
	static struct ttr_buffer escaped;
	static char quoted[2 * 1024 + 16];
	const char *found = strstr(ttr_buffer_text(text), member);
	size_t length = 4;

	CHECK(found);
	found += strlen(member);
	CHECK(strncmp(found, before, strlen(before)) == 0);
	found += strlen(before);
	if (value) {
		ttr_buffer_clear(&escaped);
		ttr_escape(&escaped, value, 1024);
		length = quote(quoted, ttr_buffer_text(&escaped));
	}
	CHECK(strncmp(found, value ? quoted : "null", length) == 0);
}
