/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of a question, strictly: a name that nobody knows, one that is given twice, and a number that is none
 * are told rather than guessed at.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "server/documents_impl.h"

#define SHOWN 40 /* bytes of what was sent that are sent back */

static bool refuse(struct jb_reply *reply, const struct jb_diag *diag)
{
    jb_reply_error(reply, 400, diag->text, diag->fix);
    return false;
}

bool jb_param_names(const struct jb_query *query, const char *const *names, struct jb_reply *reply)
{
    struct jb_diag diag = {0};
    const char *unknown = jb_query_unknown(query, names);

    if (unknown == NULL) {
        return true;
    }
    jb_fail(&diag, -EINVAL, "there is no parameter \"%.*s\"", SHOWN, unknown);
    const char *near = jb_nearest(unknown, names);
    if (near != NULL) {
        jb_fix(&diag, "did you mean %s?", near);
    }
    return refuse(reply, &diag);
}

/* The one value; NULL: not given, or given more than once (*ret_bad). */
static const char *single(const struct jb_query *query, const char *key, bool *ret_bad, struct jb_reply *reply)
{
    struct jb_diag diag = {0};

    *ret_bad = jb_query_all(query, key, 1) != NULL;
    if (*ret_bad) {
        jb_fail(&diag, -EINVAL, "%s is given more than once", key);
        refuse(reply, &diag);
        return NULL;
    }
    return jb_query_get(query, key);
}

bool jb_param_integer(const struct jb_query *query, const char *key, int64_t min, int64_t max, int64_t *value,
                      struct jb_reply *reply)
{
    struct jb_diag diag = {0};
    int64_t number = 0;
    bool bad;
    const char *text = single(query, key, &bad, reply);

    if (text == NULL) {
        return !bad;
    }
    if (jb_parse_i64(text, &number) < 0 || number < min || number > max) {
        jb_fail(&diag, -EINVAL, "%s=%.*s: a whole number from %" PRId64 " to %" PRId64 " is wanted", key, SHOWN, text,
                min, max);
        return refuse(reply, &diag);
    }
    *value = number;
    return true;
}

bool jb_param_number(const struct jb_query *query, const char *key, double min, double max, double *value,
                     struct jb_reply *reply)
{
    struct jb_diag diag = {0};
    double number = 0;
    bool bad;
    const char *text = single(query, key, &bad, reply);

    if (text == NULL) {
        return !bad;
    }
    if (jb_parse_double(text, &number) < 0 || !(number >= min && number <= max)) {
        jb_fail(&diag, -EINVAL, "%s=%.*s: a number from %g to %g is wanted", key, SHOWN, text, min, max);
        return refuse(reply, &diag);
    }
    *value = number;
    return true;
}

bool jb_param_text(const struct jb_query *query, const char *key, size_t max, const char **ret, struct jb_reply *reply)
{
    struct jb_diag diag = {0};
    bool bad;
    const char *text = single(query, key, &bad, reply);

    if (text == NULL) {
        return !bad;
    }
    if (strlen(text) > max) {
        jb_fail(&diag, -EINVAL, "%s is too long: at most %zu bytes", key, max);
        return refuse(reply, &diag);
    }
    *ret = text;
    return true;
}

bool jb_param_has(const struct jb_query *query, const char *key, const char *value)
{
    const char *given;

    for (size_t i = 0; (given = jb_query_all(query, key, i)) != NULL; i++) {
        if (strcmp(given, value) == 0) {
            return true;
        }
    }
    return false;
}
