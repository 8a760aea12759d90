/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ttr_buffer_fini(struct ttr_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct ttr_buffer){.data = NULL};
}

void ttr_buffer_clear(struct ttr_buffer *buffer)
{
	buffer->length = 0;
	if (buffer->data)
		buffer->data[0] = '\0';
}

/* True if there is room for length more bytes and the final 0. */
static bool reserve(struct ttr_buffer *buffer, size_t length)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	char *data;

	if (buffer->failed || length >= SIZE_MAX / 4 - buffer->length) {
		buffer->failed = true;
		return false;
	}
	while (capacity < buffer->length + length + 1)
		capacity *= 2;
	if (capacity == buffer->capacity)
		return true;
	data = realloc(buffer->data, capacity);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void ttr_buffer_add(struct ttr_buffer *buffer, const char *data, size_t length)
{
	if (!reserve(buffer, length))
		return;
	memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

/* Most of what is printed fits: then it is formatted once. */
void ttr_buffer_print(struct ttr_buffer *buffer, const char *format, ...)
{
	const size_t room = buffer->capacity - buffer->length;
	va_list arguments;
	int length;

	if (buffer->failed)
		return;
	va_start(arguments, format);
	length = vsnprintf(room ? buffer->data + buffer->length : NULL, room, format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length < room) {
		buffer->length += (size_t)length;
		return;
	}
	if (room)
		buffer->data[buffer->length] = '\0';
	if (length < 0 || !reserve(buffer, (size_t)length)) {
		buffer->failed = true;
		return;
	}
	va_start(arguments, format);
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->length += (size_t)length;
}

void ttr_buffer_cut(struct ttr_buffer *buffer, size_t length)
{
	if (length >= buffer->length)
		return;
	buffer->length = length;
	buffer->data[length] = '\0';
}

const char *ttr_buffer_text(const struct ttr_buffer *buffer)
{
	return buffer->length ? buffer->data : "";
}
