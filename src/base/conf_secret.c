/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_secret.c - do files that hold a password or a key keep it? Documented in conf.h.
 */
#include "base/conf.h"

#include "base/diag.h"
#include "base/text.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* The file of "FILE:LINE"; false: the value is from elsewhere. */
static bool file_of(const char *origin, char file[PATH_MAX])
{
    const char *colon = origin ? strrchr(origin, ':') : NULL;
    if (!colon || colon - origin >= PATH_MAX) {
        return false;
    }
    jb_snprintf(file, PATH_MAX, "%.*s", (int)(colon - origin), origin);
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_secret(const struct jb_conf_key *key)
{
    return jb_streq(key->key, "password") || ends_with(key->key, "_password") || ends_with(key->key, "_token");
}

bool jb_conf_exposed(const struct jb_conf *conf, struct jb_diag *diag)
{
    for (const struct jb_conf_key *key = jb_conf_keys; key->section; key++) {
        struct stat st;
        if (!is_secret(key) || !jb_conf_string(conf, key->section, key->key)) {
            continue;
        }
        char file[PATH_MAX];
        if (file_of(jb_conf_origin(conf, key->section, key->key), file) && stat(file, &st) == 0 &&
            S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH))) {
            jb_fail(diag, 0, "others may read %.180s, which holds [%s] %s", file, key->section, key->key);
            jb_fix(diag, "chmod 600 '%.200s'", file);
            return true;
        }
    }
    return false;
}
