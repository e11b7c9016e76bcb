/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.c - keys are taken out of texts. Documented in exchange.h.
 *
 * Servers repeat what they were asked ("Invalid key abc"), some percent-encoded, as it stood in the URL.
 */
#include "grid/exchange.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

#define REST_MIN 6 /* a shorter rest at the end of a text is a word, and tells nothing */

static void cover(char *text, const char *secret)
{
    size_t length = strlen(secret), whole = strlen(text);
    for (char *found = strstr(text, secret); found != NULL; found = strstr(found + length, secret)) {
        memset(found, '*', length);
    }
    for (size_t rest = length < whole ? length : whole; rest >= REST_MIN; rest--) {
        if (memcmp(text + whole - rest, secret, rest) == 0) {
            memset(text + whole - rest, '*', rest);
            return;
        }
    }
}

void jb_secret_hide(char *text, const char *secret)
{
    if (secret == NULL || secret[0] == '\0') {
        return;
    }
    JB_CLEANUP(jb_buf_finish) struct jb_buf encoded = {0};
    jb_buf_url(&encoded, secret);
    if (!encoded.failed) {
        cover(text, encoded.data);
        for (char *c = encoded.data; *c != '\0'; c++) { /* "%2B" and "%2b" are the same */
            if (c[0] == '%') {
                c[1] = (char)(c[1] >= 'A' ? c[1] - 'A' + 'a' : c[1]);
                c[2] = (char)(c[2] >= 'A' ? c[2] - 'A' + 'a' : c[2]);
                c += 2;
            }
        }
        cover(text, encoded.data);
        explicit_bzero(encoded.data, encoded.length);
    }
    cover(text, secret);
}
