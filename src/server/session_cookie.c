/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of browsers. See session_cookie.h. */
#include "server/session_cookie.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "server/guard.h"

int jb_cookies_add(struct jb_cookies *cookies, uint64_t t_ns, char ret[JB_COOKIE_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[(JB_COOKIE_TEXT - 1) / 2];
    struct jb_cookie *oldest = &cookies->items[0];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return errno != 0 ? -errno : -EIO;
    }
    for (size_t i = 1; i < JB_COOKIE_SESSIONS; i++) { /* a free one ends at 0 */
        if (cookies->items[i].until_ns < oldest->until_ns) {
            oldest = &cookies->items[i];
        }
    }
    for (size_t i = 0; i < sizeof(random); i++) {
        oldest->text[2 * i] = digits[random[i] >> 4];
        oldest->text[2 * i + 1] = digits[random[i] & 15];
    }
    oldest->text[JB_COOKIE_TEXT - 1] = '\0';
    oldest->until_ns = t_ns + JB_COOKIE_SECONDS * JB_NS_PER_S;
    memcpy(ret, oldest->text, JB_COOKIE_TEXT);
    return 0;
}

bool jb_cookies_know(const struct jb_cookies *cookies, uint64_t t_ns, const char *text, size_t length)
{
    bool known = false;

    for (size_t i = 0; i < JB_COOKIE_SESSIONS; i++) { /* all of them: how long it takes tells nothing */
        const struct jb_cookie *cookie = &cookies->items[i];
        bool same = jb_guard_token(text, length, cookie->text);
        known = (same && cookie->until_ns > t_ns) || known;
    }
    return known;
}
