/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_cookie.h - who has logged in with the token: a number that cannot be guessed for each browser, in memory.
 *
 * At most JB_COOKIE_SESSIONS, the oldest goes; each for JB_COOKIE_SECONDS. Gone when the server is. The server's thread
 * alone.
 */
#ifndef JB_SERVER_SESSION_COOKIE_H
#define JB_SERVER_SESSION_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JB_COOKIE_NAME     "joulebook_session"
#define JB_COOKIE_SESSIONS 64
#define JB_COOKIE_SECONDS  (12 * 3600)
#define JB_COOKIE_TEXT     65 /* 256 bits in hexadecimal */

struct jb_cookies {
    struct jb_cookie {
        char text[JB_COOKIE_TEXT]; /* empty: free */
        uint64_t until_ns;
    } items[JB_COOKIE_SESSIONS];
};

/* A new one. Negative errno: there is no randomness. */
int jb_cookies_add(struct jb_cookies *cookies, uint64_t t_ns, char ret[JB_COOKIE_TEXT]);
bool jb_cookies_know(const struct jb_cookies *cookies, uint64_t t_ns, const char *text, size_t length);

#endif
