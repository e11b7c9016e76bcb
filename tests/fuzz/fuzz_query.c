/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_query.c - any text as the parameters of a request. What was taken lies within its bounds, is clean text, and
 * comes out the same when it is encoded and parsed again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "server/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool so)
{
    if (!so) {
        abort();
    }
}

static void check(const struct jb_query *query, const char *text)
{
    const char *end = query->text + query->used;
    char copy[JB_QUERY_BYTES];

    demand(text >= query->text && text < end && strlen(text) < (size_t)(end - text));
    demand(jb_copy(copy, sizeof(copy), text));
    jb_sanitise(copy);
    demand(strcmp(copy, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a", NULL};
    static struct jb_query query, again;
    struct jb_buf out = {0};
    char *text = malloc(size > 0 ? size : 1); /* not terminated: its length is all there is */

    demand(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    int r = jb_query_parse(text, size, &query);
    free(text);
    if (r < 0) {
        demand(query.count == 0);
        return 0;
    }
    demand(query.count <= JB_QUERY_MAX && query.used <= JB_QUERY_BYTES);
    for (size_t i = 0; i < query.count; i++) {
        check(&query, query.items[i].key);
        check(&query, query.items[i].value);
        demand(jb_query_get(&query, query.items[i].key) != NULL);
        jb_buf_puts(&out, i > 0 ? "&" : "");
        jb_buf_url(&out, query.items[i].key);
        jb_buf_puts(&out, "=");
        jb_buf_url(&out, query.items[i].value);
    }
    demand((jb_query_unknown(&query, names) == NULL) ==
           (jb_query_all(&query, "a", query.count - (query.count > 0)) != NULL || query.count == 0));
    demand(jb_query_parse(out.data != NULL ? out.data : "", out.length, &again) == 0 && again.count == query.count);
    for (size_t i = 0; i < query.count; i++) {
        demand(strcmp(again.items[i].key, query.items[i].key) == 0);
        demand(strcmp(again.items[i].value, query.items[i].value) == 0);
    }
    jb_buf_finish(&out);
    return 0;
}
