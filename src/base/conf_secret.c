/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_secret.c - do files that hold a password keep it? Documented in conf.h.
 */
#include "base/conf.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The file of "FILE:LINE", malloc'd; NULL: the value is from elsewhere. */
static char *file_of(const char *origin)
{
    const char *colon = origin ? strrchr(origin, ':') : NULL;
    return colon ? strndup(origin, (size_t)(colon - origin)) : NULL;
}

bool jb_conf_exposed(const struct jb_conf *conf, struct jb_diag *diag)
{
    for (const struct jb_conf_key *key = jb_conf_keys; key->section; key++) {
        struct stat st;
        if (!jb_streq(key->key, "password") || !jb_conf_string(conf, key->section, key->key)) {
            continue;
        }
        JB_CLEANUP(jb_freep) char *file = file_of(jb_conf_origin(conf, key->section, key->key));
        if (file && stat(file, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH))) {
            jb_fail(diag, 0, "others may read %.180s, which holds [%s] password", file, key->section);
            jb_fix(diag, "chmod 600 '%.200s'", file);
            return true;
        }
    }
    return false;
}
