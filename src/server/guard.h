/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - what a request may say: its path, its Host, its token, its cookie; and where we may listen.
 *
 * Pure: text in, a verdict out; nothing is allocated, opened or asked. All text is hostile. HTTP's grammar is that of
 * RFC 9110 (fields), 3986 (paths and escapes), 6265 (cookies), 6750 (Bearer).
 */
#ifndef JB_SERVER_GUARD_H
#define JB_SERVER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct jb_diag;

#define JB_TOKEN_MIN 16
#define JB_URI_MAX   4096 /* bytes of a request's target */

/* Undo percent-encoding, and '+' where `plus`. The length, `to` terminated. -EINVAL: a broken escape, a control
 * character, or not UTF-8; -ENAMETOOLONG. */
int jb_guard_decode(const char *text, size_t length, bool plus, char *to, size_t size);

/* The path of a request's target, decoded and without the leading slash, and where its query begins (its '\0' where
 * there is none). -EINVAL: not a path from the root, "." or ".." or nothing between slashes, a backslash, an encoded
 * slash. */
int jb_guard_path(const char *target, char *path, size_t size, const char **ret_query);

/*
 * May a request be for this Host? An address is always one of ours: only a name can be made to point here by a stranger
 * (DNS rebinding). "localhost" and below it; what stands in `hosts` (commas; NULL: nothing), with its port when it has
 * one there. Any port else: behind `ssh -L` it is another than ours.
 */
bool jb_guard_host(const char *host, const char *hosts);

/* Constant in time for a given length of what was given. */
bool jb_guard_token(const char *given, size_t length, const char *token);

/* The token within "Bearer TOKEN"; false: none. */
bool jb_guard_bearer(const char *authorization, const char **ret, size_t *ret_length);

/* The value of a cookie within a header Cookie; false: none of that name. */
bool jb_guard_cookie(const char *header, const char *name, const char **ret, size_t *ret_length);

/* Where to listen: "127.0.0.1:9836", "[::1]:9836", "localhost:0". */
struct jb_guard_listen {
    struct sockaddr_storage address;
    socklen_t length;
    bool loopback;
};
int jb_guard_listen(const char *text, struct jb_guard_listen *ret, struct jb_diag *diag);

/* May we serve there at all? -EACCES with the fix: elsewhere than loopback there is a token, and somebody encrypts.
 * -EINVAL: a token that can be guessed. */
int jb_guard_terms(bool loopback, const char *token, bool tls, bool insecure, struct jb_diag *diag);

#endif
