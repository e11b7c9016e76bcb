/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.c - what an HTTP status means, told with the server's own words where it has any that a person can use.
 *
 * Servers say it in one line of text, or in JSON as {"error": "..."}, {"message": "..."}, {"detail": "..."},
 * {"error": {"message": "..."}}, {"errors": [{"detail": "..."}]} or {"detail": [{"msg": "..."}]}. Pages in HTML and
 * documents in XML are not quoted, nor is what is no text.
 *
 * An answer may repeat the key that it refuses. Words that look like one are replaced here, though who it was is not
 * known: fetch.c, who knows it, does so again.
 */
#include "grid/provider.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define WORDS_TEXT 121
#define KEY_LENGTH 16 /* a word of letters and digits that is longer is rather a key than a word */
#define MOST_DEPTH 3

static void release(json_t **json)
{
    json_decref(*json);
}

/* The first text that says something: one of several words before one of one ("Unauthorized"). */
static const char *find_words(const json_t *json, int depth)
{
    static const char *const keys[] = {"error",       "message", "detail", "error_description",
                                       "description", "msg",     "title",  "errors"};
    if (json_is_string(json)) {
        return json_string_value(json);
    }
    if (depth == 0) {
        return NULL;
    }
    if (json_is_array(json)) {
        return find_words(json_array_get(json, 0), depth - 1);
    }
    const char *best = NULL;
    for (size_t i = 0; i < JB_COUNT(keys); i++) {
        const char *found = find_words(json_object_get(json, keys[i]), depth - 1);
        if (found != NULL && strchr(found, ' ') != NULL) {
            return found;
        }
        best = best != NULL ? best : found;
    }
    return best;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void hide_keys(char *text)
{
    size_t kept = 0;
    for (size_t i = 0; text[i] != '\0';) {
        size_t length = 0;
        bool digits = false, letters = false;
        for (; is_letter(text[i + length]) || is_digit(text[i + length]); length++) {
            digits |= is_digit(text[i + length]);
            letters |= is_letter(text[i + length]);
        }
        if (length >= KEY_LENGTH && digits && letters) {
            memcpy(text + kept, "***", 3);
            kept += 3;
        } else {
            length += length == 0;
            memmove(text + kept, text + i, length);
            kept += length;
        }
        i += length;
    }
    text[kept] = '\0';
}

/* In one line and cut at a word, "..." where there was more. Keys are hidden in more than is shown: one that is cut in
 * two would not be known for one. */
static void tidy(const char *text, size_t length, char ret[WORDS_TEXT])
{
    char line[4 * WORDS_TEXT] = "";
    size_t n = 0;
    for (size_t i = 0; i < length && n < sizeof(line) - 1; i++) {
        if (!is_blank(text[i])) {
            line[n++] = text[i];
        } else if (n > 0 && line[n - 1] != ' ') {
            line[n++] = ' ';
        }
    }
    n -= n > 0 && line[n - 1] == ' ';
    line[n] = '\0';
    hide_keys(line);
    if (!jb_copy(ret, WORDS_TEXT - 3, line)) {
        char *end = strrchr(ret, ' ');
        jb_copy(end != NULL ? end : ret + strlen(ret), 4, "...");
    }
    jb_sanitise(ret);
}

static bool is_text(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (((unsigned char)body[i] < ' ' && !is_blank(body[i])) || body[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Empty: nothing that can be shown. */
static void server_words(const char *body, size_t length, char ret[WORDS_TEXT])
{
    ret[0] = '\0';
    JB_CLEANUP(release) json_t *root = json_loadb(body, length, JSON_DECODE_ANY, NULL);
    if (root != NULL) {
        const char *words = find_words(root, MOST_DEPTH);
        if (words != NULL && words[strspn(words, " \t\r\n")] != '<') {
            tidy(words, strlen(words), ret);
        }
        return;
    }
    size_t start = 0;
    while (start < length && is_blank(body[start])) {
        start++;
    }
    bool shown = start < length && strchr("<{[", body[start]) == NULL && is_text(body, length);
    if (shown) {
        tidy(body + start, length - start, ret);
    }
}

struct meaning {
    int err;
    const char *text;
};

static struct meaning meaning_of(int status)
{
    switch (status) {
    case 400:
    case 422:
        return (struct meaning){-EINVAL, "the question is not understood"};
    case 401:
        return (struct meaning){-EACCES, "the key is refused"};
    case 403:
        return (struct meaning){-EPERM, "not allowed"};
    case 404:
    case 410:
        return (struct meaning){-ENODATA, "nothing there"};
    case 429:
        return (struct meaning){-EAGAIN, "asked too often"};
    default:
        return (struct meaning){-EIO, status >= 500 ? "the server failed" : "an answer that is none"};
    }
}

static void hint(const struct jb_provider *provider, int err, struct jb_diag *diag)
{
    if (err == -EACCES && jb_streq(provider->needs, "token")) {
        jb_fix(diag, "check [grid] %s_token in joulebook.conf", provider->name);
    } else if (err == -EACCES && jb_streq(provider->needs, "user")) {
        jb_fix(diag, "check [grid] %s_user and %s_password in joulebook.conf", provider->name, provider->name);
    } else if (err == -EPERM && provider->needs != NULL) {
        jb_fix(diag, "look up at %s what your account may ask for", provider->title);
    } else if (err == -EINVAL || err == -ENODATA) {
        jb_fix(diag, "if [grid] %s_url is set in joulebook.conf, check it", provider->name);
    }
}

int jb_refusal(const struct jb_provider *provider, int status, const char *body, size_t length, struct jb_diag *diag)
{
    char words[WORDS_TEXT] = "";
    if (body != NULL) {
        server_words(body, length, words);
    }
    struct meaning meaning = meaning_of(status);
    jb_fail(diag, meaning.err, "%s (HTTP %d)%s%s", meaning.text, status, words[0] != '\0' ? ": " : "", words);
    hint(provider, meaning.err, diag);
    return meaning.err;
}
