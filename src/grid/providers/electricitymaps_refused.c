/* SPDX-License-Identifier: Apache-2.0 */
/*
 * electricitymaps_refused.c - what Electricity Maps means by the status that it answers.
 *
 * 401 is said of a wrong key ("Invalid auth-token"), of a zone or an endpoint that the key is not for ("Request
 * unauthorized for zoneKey=IT,requestType=past,dataType=carbon-intensity."; home-assistant/core#139587, #146234), and,
 * at times, of a good key that asks too often (electricitymaps-contrib#8047): so the last can look like the first, and
 * nothing here says that a key is wrong for good. Unknown zones are 400 or 404 with "zone" in the text.
 */
#include "grid/providers/electricitymaps_json.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Where `words`, in lower case, begin in what the server says; length when they are not in it. */
static size_t find(const char *body, size_t length, const char *words)
{
    for (size_t i = 0; i < length; i++) {
        size_t n = 0;
        while (words[n] != '\0' && i + n < length && lower(body[i + n]) == words[n]) {
            n++;
        }
        if (words[n] == '\0') {
            return i;
        }
    }
    return length;
}

static bool says(const char *body, size_t length, const char *words)
{
    return find(body, length, words) < length;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '_' || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* The word behind `name`, cut to what a zone may have; empty. */
static void word_behind(const char *body, size_t length, const char *name, char ret[JB_EM_ZONE_TEXT])
{
    size_t at = find(body, length, name) + strlen(name), n = 0;
    while (at + n < length && n < JB_EM_ZONE_TEXT - 1 && is_word(body[at + n])) {
        ret[n] = body[at + n];
        n++;
    }
    ret[n] = '\0';
}

static int refused_zone(const char *asked, const char *body, size_t length, int status, struct jb_diag *diag)
{
    char zone[JB_EM_ZONE_TEXT], type[JB_EM_ZONE_TEXT];
    word_behind(body, length, "zonekey=", zone);
    word_behind(body, length, "requesttype=", type);
    const char *where = jb_em_zone_check(zone) ? zone : asked;
    bool past = jb_streq(type, "past") || jb_streq(type, "past-range"), forecast = jb_streq(type, "forecast");
    if (past || forecast) {
        jb_fail(diag, -EPERM, "the key has no %s for %s (HTTP %d)", forecast ? "forecast" : "past", where, status);
        jb_fix(diag, "%s",
               forecast ? "what a key is for is shown at " JB_EM_PORTAL
                        : "without a paid plan only the last 24 hours can be had: back-fill within a day");
        return -EPERM;
    }
    jb_fail(diag, -EPERM, "the key is not valid for %s (HTTP %d)", where, status);
    jb_fix(diag, "a free key may be for one zone alone: see which at " JB_EM_PORTAL
                 ", and set [grid] zone to it or change it there (once in 30 days)");
    return -EPERM;
}

static int refused_key(const char *body, size_t length, int status, struct jb_diag *diag)
{
    static const char *const limits[] = {"rate limit", "rate-limit", "ratelimit", "too many", "quota", "throttl"};
    for (size_t i = 0; i < JB_COUNT(limits); i++) {
        if (says(body, length, limits[i])) {
            return jb_fail(diag, -EAGAIN, "asked too often (HTTP %d)", status);
        }
    }
    jb_fail(diag, -EACCES, "the key is refused (HTTP %d)", status);
    jb_fix(diag, "compare [grid] electricitymaps_token in joulebook.conf with the key at " JB_EM_PORTAL
                 "; one that has worked may have been used too often, and is tried again later");
    return -EACCES;
}

int jb_em_refused(const struct jb_exchange *exchange, int status, const char *body, size_t length, struct jb_diag *diag)
{
    const char *zone = exchange->ask.zone;
    const char *asked = zone != NULL && zone[0] != '\0' ? zone : "the place";
    if ((status == 401 || status == 403) && says(body, length, "unauthorized for zonekey")) {
        return refused_zone(asked, body, length, status, diag);
    }
    if (status == 401) {
        return refused_key(body, length, status, diag);
    }
    /* 404 is also what a wrong path in the address gets, and then nothing is said of zones. */
    if ((status == 400 || status == 404) && says(body, length, "zone")) {
        return jb_fail(diag, -ENODATA, "nothing is known for %s (HTTP %d)", asked, status);
    }
    return 0;
}
