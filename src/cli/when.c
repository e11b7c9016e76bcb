/* SPDX-License-Identifier: Apache-2.0 */
/* when.c - read what --when says. Documented in when.h. */
#include "cli/when.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define USUAL_WITHIN_NS (24 * 3600 * JB_NS_PER_S)

static int bad(const char *text, struct jb_diag *diag)
{
    jb_fail(diag, -EINVAL, "--when %.120s: a time to wait for is greenest:LENGTH or greenest:LENGTH,within:TIME", text);
    jb_fix(diag, "for example --when greenest:4h,within:24h");
    return -EINVAL;
}

/* The duration between `from` and `to`. */
static int duration(const char *whole, const char *from, const char *to, uint64_t *ret_ns, struct jb_diag *diag)
{
    char text[32];
    struct jb_diag inner = {0};

    if ((size_t)(to - from) >= sizeof(text)) {
        return bad(whole, diag);
    }
    jb_snprintf(text, sizeof(text), "%.*s", (int)(to - from), from);
    int error = jb_duration_parse(text, ret_ns, &inner);
    return error < 0 ? jb_fail(diag, error, "--when: %s", inner.text) : 0;
}

int cli_when_parse(const char *text, struct cli_when *ret, struct jb_diag *diag)
{
    struct cli_when when = {.within_ns = USUAL_WITHIN_NS};

    if (text == NULL || !jb_starts(text, "greenest:")) {
        return bad(text != NULL ? text : "", diag);
    }
    const char *length = text + strlen("greenest:"), *comma = length + strcspn(length, ",");
    int error = duration(text, length, comma, &when.length_ns, diag);
    if (error < 0) {
        return error;
    }
    when.within_ns = when.length_ns > when.within_ns ? when.length_ns : when.within_ns;
    if (*comma == ',') {
        if (!jb_starts(comma + 1, "within:")) {
            return bad(text, diag);
        }
        const char *within = comma + 1 + strlen("within:");
        error = duration(text, within, within + strlen(within), &when.within_ns, diag);
        if (error < 0) {
            return error;
        }
    }
    if (when.length_ns < JB_NS_PER_S || when.within_ns > WHEN_MAX_WITHIN_NS || when.within_ns < when.length_ns) {
        return jb_fail(diag, -EINVAL, "--when %.120s: the run takes 1s or more, and is to end within 72h or less",
                       text);
    }
    *ret = when;
    return 0;
}
