/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/siphash.h"

#define ROUNDS_PER_WORD 2
#define ROUNDS_AT_END 4

struct state {
	uint64_t v[4];
};

static uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

/* The first `length` bytes (at most 8) as a little-endian number. */
static uint64_t word_of(const uint8_t *bytes, size_t length)
{
	uint64_t word = 0;

	for (size_t i = 0; i < length; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

static void mix(struct state *s, unsigned int rounds)
{
	uint64_t *v = s->v;

	for (unsigned int i = 0; i < rounds; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void take(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	mix(s, ROUNDS_PER_WORD);
	s->v[0] ^= word;
}

struct ttr_siphash_key ttr_siphash_key(const uint8_t bytes[TTR_SIPHASH_KEY_BYTES])
{
	return (struct ttr_siphash_key){.low = word_of(bytes, 8), .high = word_of(bytes + 8, 8)};
}

uint64_t ttr_siphash(const struct ttr_siphash_key *key, const uint8_t *data, size_t length)
{
	struct state s = {{
		key->low ^ UINT64_C(0x736f6d6570736575),
		key->high ^ UINT64_C(0x646f72616e646f6d),
		key->low ^ UINT64_C(0x6c7967656e657261),
		key->high ^ UINT64_C(0x7465646279746573),
	}};
	size_t whole = length - length % 8;

	for (size_t i = 0; i < whole; i += 8)
		take(&s, word_of(data + i, 8));
	take(&s, word_of(data + whole, length % 8) | (uint64_t)(length & 0xff) << 56);
	s.v[2] ^= 0xff;
	mix(&s, ROUNDS_AT_END);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
