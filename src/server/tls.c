/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate and key. See tls.h. */
#include "server/tls.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/file.h"

#define PEM_MAX (1 << 20)

static int is_private(const char *path, struct jb_diag *diag)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        int error = -errno;
        return jb_fail(diag, error, "cannot read %s: %s", path, strerror(-error));
    }
    if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        jb_fail(diag, -EACCES, "others than its owner can use the key %s", path);
        jb_fix(diag, "chmod 600 %s", path);
        return -EACCES;
    }
    return 0;
}

static int read_pem(const char *path, const char *what, char **ret, struct jb_diag *diag)
{
    char *text = NULL;
    size_t length = 0;

    int r = jb_read_all(path, PEM_MAX, &text, &length, diag);
    if (r < 0) {
        return r;
    }
    if (strlen(text) != length || strstr(text, "-----BEGIN ") == NULL) {
        explicit_bzero(text, length);
        free(text);
        return jb_fail(diag, -EINVAL, "%s holds no %s in PEM", path, what);
    }
    *ret = text;
    return 0;
}

int jb_tls_load(const char *cert_path, const char *key_path, struct jb_tls *ret, struct jb_diag *diag)
{
    struct jb_tls tls = {0};

    if (cert_path == NULL && key_path == NULL) {
        *ret = tls;
        return 0;
    }
    if (cert_path == NULL || key_path == NULL) {
        jb_fail(diag, -EINVAL, "TLS needs both a certificate and its key");
        jb_fix(diag, "give tls_cert and tls_key");
        return -EINVAL;
    }
    int r = is_private(key_path, diag);
    if (r == 0) {
        r = read_pem(cert_path, "certificate", &tls.cert, diag);
    }
    if (r == 0) {
        r = read_pem(key_path, "key", &tls.key, diag);
    }
    if (r < 0) {
        jb_tls_finish(&tls);
        return r;
    }
    *ret = tls;
    return 0;
}

void jb_tls_finish(struct jb_tls *tls)
{
    if (tls->key != NULL) {
        explicit_bzero(tls->key, strlen(tls->key));
    }
    free(tls->key);
    free(tls->cert);
    *tls = (struct jb_tls){0};
}
