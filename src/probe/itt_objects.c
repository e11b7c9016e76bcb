/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash tables of pointers, open addressing; manual in itt_objects.h.
 *
 * oneDNN since 3.0 asks for the string handle of every execution of a primitive, so finding must be quick and without
 * a lock. Whoever loses the race for a place frees what it made and takes what stands there.
 */
#include "probe/itt_objects.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Tables are filled up to 3/4; untouched pages cost nothing. */
static struct {
    _Atomic(struct itt_domain *) domains[ITT_MOST_DOMAINS];
    _Atomic(struct itt_string *) strings[ITT_MOST_STRINGS];
    _Atomic uint32_t domain_count, string_count;
    struct itt_domain other_domain; /* shared by all that found no room */
    struct itt_string other_string;
} objects = {.other_domain = {.flags = 1, .name = "(others)"}, .other_string = {.text = "(others)"}};

static uint32_t hash(const char *text, size_t size)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    }
    return h ^ h >> 15;
}

static bool same(const char *kept, const char *text, size_t size)
{
    return strncmp(kept, text, size) == 0 && kept[size] == '\0';
}

/* An object of `object_size` bytes with the text right behind it. */
static void *make(size_t object_size, const char *text, size_t size)
{
    char *object = calloc(1, object_size + size + 1);
    if (object) {
        memcpy(object + object_size, text, size);
    }
    return object;
}

struct itt_domain *itt_domain_of(const char *name)
{
    if (!name) {
        return NULL;
    }
    size_t size = strnlen(name, ITT_LONGEST);
    struct itt_domain *made = NULL;
    for (uint32_t at = hash(name, size);; at++) {
        _Atomic(struct itt_domain *) *place = &objects.domains[at % ITT_MOST_DOMAINS];
        struct itt_domain *there = atomic_load_explicit(place, memory_order_acquire);
        if (!there) {
            if (!made) {
                if (atomic_load(&objects.domain_count) >= ITT_MOST_DOMAINS / 4 * 3 ||
                    !(made = make(sizeof(*made), name, size))) {
                    return &objects.other_domain;
                }
                made->flags = 1;
                made->name = (const char *)(made + 1);
            }
            if (atomic_compare_exchange_strong(place, &there, made)) {
                atomic_fetch_add(&objects.domain_count, 1);
                return made;
            }
        }
        if (same(there->name, name, size)) {
            free(made);
            return there;
        }
    }
}

struct itt_string *itt_string_of(const char *text)
{
    if (!text) {
        return NULL;
    }
    size_t size = strnlen(text, ITT_LONGEST);
    struct itt_string *made = NULL;
    for (uint32_t at = hash(text, size);; at++) {
        _Atomic(struct itt_string *) *place = &objects.strings[at % ITT_MOST_STRINGS];
        struct itt_string *there = atomic_load_explicit(place, memory_order_acquire);
        if (!there) {
            if (!made) {
                if (atomic_load(&objects.string_count) >= ITT_MOST_STRINGS / 4 * 3 ||
                    !(made = make(sizeof(*made), text, size))) {
                    return &objects.other_string;
                }
                made->text = (const char *)(made + 1);
            }
            if (atomic_compare_exchange_strong(place, &there, made)) {
                atomic_fetch_add(&objects.string_count, 1);
                return made;
            }
        }
        if (same(there->text, text, size)) {
            free(made);
            return there;
        }
    }
}
