/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/measure/deflate.h"

#include <stdbool.h>

#define ZLIB_HEAD 0x789cu       /* deflate, 32 KiB window; divisible by 31 */
#define ADLER_MODULUS 65521u
#define MATCH_MIN 3
#define MATCH_MAX 258
#define CHAIN_MAX 128           /* candidates that are looked at */
#define END_OF_BLOCK 256
#define BLOCK_LAST_FIXED 3u     /* last block, fixed codes: three bits */

struct output {
    uint8_t *to;
    size_t used, limit;
    uint32_t bits;
    unsigned pending;
    bool full;
};

static void byte_put(struct output *o, uint8_t byte)
{
    if (o->used == o->limit)
        o->full = true;
    else
        o->to[o->used++] = byte;
}

/* The lowest bit first. */
static void bits_put(struct output *o, uint32_t value, unsigned bits)
{
    o->bits |= value << o->pending;
    for (o->pending += bits; o->pending >= 8; o->pending -= 8, o->bits >>= 8)
        byte_put(o, (uint8_t)o->bits);
}

/* Huffman codes go the highest bit first. */
static void code_put(struct output *o, uint32_t code, unsigned bits)
{
    uint32_t turned = 0;

    for (unsigned i = 0; i < bits; i++)
        turned |= (code >> i & 1) << (bits - 1 - i);
    bits_put(o, turned, bits);
}

static void symbol_put(struct output *o, unsigned symbol)
{
    if (symbol < 144)
        code_put(o, 0x30 + symbol, 8);
    else if (symbol < 256)
        code_put(o, 0x190 + symbol - 144, 9);
    else if (symbol < 280)
        code_put(o, symbol - 256, 7);
    else
        code_put(o, 0xc0 + symbol - 280, 8);
}

/* Symbols of lengths and distances begin at these; what is between goes into extra bits. */
static const uint16_t length_base[29] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_bits[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t distance_base[30] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
                                            4097, 6145, 8193, 12289, 16385, 24577 };

static void match_put(struct output *o, size_t length, size_t distance)
{
    unsigned l = 28, d = 29;

    while (length_base[l] > length)
        l--;
    while (distance_base[d] > distance)
        d--;
    symbol_put(o, 257 + l);
    bits_put(o, (uint32_t)length - length_base[l], length_bits[l]);
    code_put(o, d, 5);
    bits_put(o, (uint32_t)distance - distance_base[d], d < 2 ? 0 : d / 2 - 1);
}

static uint32_t hash_of(const uint8_t *at)
{
    return ((uint32_t)at[0] << 10 ^ (uint32_t)at[1] << 5 ^ at[2]) % DEFLATE_HASHES;
}

static void position_note(struct deflate_work *work, const uint8_t *from, size_t at, size_t n)
{
    if (n - at < MATCH_MIN)
        return;
    uint32_t hash = hash_of(from + at);
    work->before[at % DEFLATE_WINDOW] = work->head[hash];
    work->head[hash] = (uint32_t)at + 1;
}

/* The longest earlier piece that is as what comes now; 0 when there is none worth it. */
static size_t match_find(const struct deflate_work *work, const uint8_t *from, size_t at, size_t n, size_t *distance)
{
    size_t best = MATCH_MIN - 1, limit = n - at < MATCH_MAX ? n - at : MATCH_MAX;

    if (limit < MATCH_MIN)
        return 0;
    uint32_t next = work->head[hash_of(from + at)];
    for (unsigned tries = 0; next != 0 && at - (next - 1) <= DEFLATE_WINDOW - 1 && tries < CHAIN_MAX && best < limit; tries++) {
        size_t other = next - 1, length = 0;
        while (length < limit && from[other + length] == from[at + length])
            length++;
        if (length > best) {
            best = length;
            *distance = at - other;
        }
        next = work->before[other % DEFLATE_WINDOW];
    }
    return best >= MATCH_MIN ? best : 0;
}

static uint32_t adler32_of(const uint8_t *from, size_t n)
{
    uint32_t a = 1, b = 0;

    for (size_t i = 0; i < n; i++) {
        a = (a + from[i]) % ADLER_MODULUS;
        b = (b + a) % ADLER_MODULUS;
    }
    return b << 16 | a;
}

size_t deflate_compress(const uint8_t *from, size_t n, uint8_t *to, size_t limit, struct deflate_work *work)
{
    struct output o = { .to = to, .limit = limit };
    uint32_t sum = adler32_of(from, n);

    for (size_t i = 0; i < DEFLATE_HASHES; i++)
        work->head[i] = 0;
    byte_put(&o, ZLIB_HEAD >> 8);
    byte_put(&o, ZLIB_HEAD & 0xff);
    bits_put(&o, BLOCK_LAST_FIXED, 3);
    for (size_t at = 0, step; at < n && !o.full; at += step) {
        size_t distance = 0, length = match_find(work, from, at, n, &distance);
        if (length != 0)
            match_put(&o, length, distance);
        else
            symbol_put(&o, from[at]);
        step = length != 0 ? length : 1;
        for (size_t i = 0; i < step; i++)
            position_note(work, from, at + i, n);
    }
    symbol_put(&o, END_OF_BLOCK);
    bits_put(&o, 0, (8 - o.pending % 8) % 8);
    for (unsigned i = 4; i-- > 0;)
        byte_put(&o, (uint8_t)(sum >> 8 * i));
    return o.full ? 0 : o.used;
}
