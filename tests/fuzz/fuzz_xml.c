/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_xml.c - any bytes as XML. Elements are told in pairs, within the bounds, and no text holds a NUL.
 */
#include "base/xml.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    unsigned open, told;
};

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static int begin(void *context, const char *name)
{
    struct seen *seen = context;
    check(name != NULL && strchr(name, ':') == NULL);
    check(++seen->open <= JB_XML_DEPTH);
    seen->told++;
    return seen->told > 5000 ? -E2BIG : 0;
}

static int end(void *context, const char *name, const char *text)
{
    struct seen *seen = context;
    check(seen->open-- > 0);
    check(name != NULL && strlen(text) <= JB_XML_TEXT);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_xml_events events = {.begin = begin, .end = end};
    struct seen seen = {0};
    int err = jb_xml_parse((const char *)data, size, &events, &seen, NULL);
    check(err == 0 || err == -EBADMSG || err == -EMSGSIZE || err == -E2BIG);
    check(err != 0 || (seen.open == 0 && seen.told > 0));
    return 0;
}
