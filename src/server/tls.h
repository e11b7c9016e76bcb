/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h - the certificate and its key, as files give them.
 */
#ifndef JB_SERVER_TLS_H
#define JB_SERVER_TLS_H

struct jb_diag;

struct jb_tls {
    char *cert, *key; /* PEM; NULL: no TLS */
};

/* Both or neither may be NULL (-EINVAL). -EACCES: others than owner and group can read the key, or more than the owner
 * write it. */
int jb_tls_load(const char *cert_path, const char *key_path, struct jb_tls *ret, struct jb_diag *diag);
void jb_tls_finish(struct jb_tls *tls); /* wipes the key */

#endif
