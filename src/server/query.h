/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query.h - the parameters of a request, decoded.
 *
 * Bounded: JB_QUERY_MAX parameters in JB_QUERY_BYTES of text; more is refused, not cut. Percent-encoding and '+' are
 * undone; a broken escape, a NUL and text that is not UTF-8 are refused. Pure: no I/O, nothing allocated.
 */
#ifndef JB_SERVER_QUERY_H
#define JB_SERVER_QUERY_H

#include <stddef.h>

#define JB_QUERY_MAX   64
#define JB_QUERY_BYTES 4096

struct jb_query {
    size_t count;
    size_t used;
    struct {
        const char *key, *value; /* into text; a value that was not given is "" */
    } items[JB_QUERY_MAX];
    char text[JB_QUERY_BYTES];
};

void jb_query_init(struct jb_query *query);
/* `text` as it stands behind the '?', without it. -EINVAL: broken; -E2BIG: too much. */
int jb_query_parse(const char *text, size_t length, struct jb_query *query);
/* Add one that is encoded, of these lengths; the same errors. value NULL: not given. */
int jb_query_add(struct jb_query *query, const char *key, size_t key_length, const char *value, size_t value_length);

const char *jb_query_get(const struct jb_query *query, const char *key);                 /* the first; NULL: none */
const char *jb_query_all(const struct jb_query *query, const char *key, size_t ordinal); /* the n-th of them; NULL */
/* A parameter that is in none of the NULL-terminated `names`; NULL: all are. For a 400 that says what was mistyped. */
const char *jb_query_unknown(const struct jb_query *query, const char *const *names);

#endif
