/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a request. See query.h. */
#include "server/query.h"

#include <errno.h>
#include <string.h>

#include "server/guard.h"

void jb_query_init(struct jb_query *query)
{
    query->count = 0;
    query->used = 0;
}

static int keep(struct jb_query *query, const char *text, size_t length, const char **ret)
{
    char *to = query->text + query->used;
    size_t room = sizeof(query->text) - query->used;
    int r = jb_guard_decode(text, length, true, to, room);

    if (r < 0) {
        return r == -ENAMETOOLONG ? -E2BIG : r;
    }
    query->used += (size_t)r + 1;
    *ret = to;
    return 0;
}

int jb_query_add(struct jb_query *query, const char *key, size_t key_length, const char *value, size_t value_length)
{
    const char *kept_key = NULL, *kept_value = NULL;

    if (query->count == JB_QUERY_MAX) {
        return -E2BIG;
    }
    int r = keep(query, key, key_length, &kept_key);
    if (r == 0) {
        r = keep(query, value != NULL ? value : "", value != NULL ? value_length : 0, &kept_value);
    }
    if (r < 0) {
        return r;
    }
    query->items[query->count].key = kept_key;
    query->items[query->count].value = kept_value;
    query->count++;
    return 0;
}

int jb_query_parse(const char *text, size_t length, struct jb_query *query)
{
    const char *end = text + length;

    jb_query_init(query);
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        if (stop == NULL) {
            stop = end;
        }
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *key_end = equals != NULL ? equals : stop;
        if (stop > text) { /* "a=1&&b=2" is usual */
            int r = jb_query_add(query, text, (size_t)(key_end - text), equals != NULL ? equals + 1 : NULL,
                                 equals != NULL ? (size_t)(stop - equals - 1) : 0);
            if (r < 0) {
                jb_query_init(query);
                return r;
            }
        }
        text = stop < end ? stop + 1 : end;
    }
    return 0;
}

const char *jb_query_all(const struct jb_query *query, const char *key, size_t ordinal)
{
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(query->items[i].key, key) == 0 && ordinal-- == 0) {
            return query->items[i].value;
        }
    }
    return NULL;
}

const char *jb_query_get(const struct jb_query *query, const char *key)
{
    return jb_query_all(query, key, 0);
}

const char *jb_query_unknown(const struct jb_query *query, const char *const *names)
{
    for (size_t i = 0; i < query->count; i++) {
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, query->items[i].key) != 0) {
            name++;
        }
        if (*name == NULL) {
            return query->items[i].key;
        }
    }
    return NULL;
}
