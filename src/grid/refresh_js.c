/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh_js.c - a JavaScript object literal, as bundlers and minifiers write data, made JSON. Documented in
 * refresh_impl.h; the grammar is that of ECMA-262, 13.2.5 (object initializer) with values that are literals only.
 *
 * Only tokens are translated; whether they stand in an order that makes sense is jansson's to say, so that there is one
 * parser. What would have to be computed (a name, a call, an operator) is no data and ends it.
 */
#include "grid/refresh_impl.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define MAX_DEPTH 64

struct source {
    const char *at, *end;
    struct jb_buf *out;
};

static bool left(const struct source *source)
{
    return source->at < source->end;
}

static bool next_is(const struct source *source, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(source->end - source->at) >= length && memcmp(source->at, text, length) == 0;
}

/* False: a comment that does not end. */
static bool skip_blanks(struct source *source)
{
    while (left(source)) {
        if (isspace((unsigned char)*source->at)) {
            source->at++;
        } else if (next_is(source, "//")) {
            const char *newline = memchr(source->at, '\n', (size_t)(source->end - source->at));
            source->at = newline != NULL ? newline : source->end;
        } else if (next_is(source, "/*")) {
            const char *stop = memmem(source->at + 2, (size_t)(source->end - source->at - 2), "*/", 2);
            if (stop == NULL) {
                return false;
            }
            source->at = stop + 2;
        } else {
            break;
        }
    }
    return true;
}

static bool is_hex(const char *text, const char *end, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text + i >= end || !isxdigit((unsigned char)text[i])) {
            return false;
        }
    }
    return true;
}

/* Behind a backslash. Those of JSON stay; \' needs none there; \xHH becomes \u00HH. */
static bool escape(struct source *source)
{
    char c = left(source) ? *source->at : '\0';
    if (c != '\0' && strchr("\"\\/bfnrt", c) != NULL) {
        char pair[2] = {'\\', c};
        jb_buf_add(source->out, pair, 2);
        source->at++;
    } else if (c == '\'' || c == '`') {
        jb_buf_add(source->out, &c, 1);
        source->at++;
    } else if (c == 'x' && is_hex(source->at + 1, source->end, 2)) {
        jb_buf_puts(source->out, "\\u00");
        jb_buf_add(source->out, source->at + 1, 2);
        source->at += 3;
    } else if (c == 'u' && is_hex(source->at + 1, source->end, 4)) {
        jb_buf_puts(source->out, "\\");
        jb_buf_add(source->out, source->at, 5);
        source->at += 5;
    } else {
        return false;
    }
    return true;
}

static bool string(struct source *source)
{
    char quote = *source->at++;
    jb_buf_puts(source->out, "\"");
    while (left(source) && *source->at != quote) {
        unsigned char c = (unsigned char)*source->at++;
        if (c == '\\') {
            if (!escape(source)) {
                return false;
            }
        } else if (c < ' ') {
            return false;
        } else if (c == '"') {
            jb_buf_puts(source->out, "\\\"");
        } else {
            jb_buf_add(source->out, &c, 1);
        }
    }
    if (!left(source)) {
        return false;
    }
    source->at++;
    jb_buf_puts(source->out, "\"");
    return true;
}

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* A key without quotes, or true, false, null. */
static bool word(struct source *source)
{
    const char *from = source->at;
    while (left(source) && in_name(*source->at)) {
        source->at++;
    }
    size_t length = (size_t)(source->at - from);
    if (!skip_blanks(source)) {
        return false;
    }
    if (left(source) && *source->at == ':') {
        jb_buf_puts(source->out, "\"");
        jb_buf_add(source->out, from, length);
        jb_buf_puts(source->out, "\"");
        return true;
    }
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        if (length == strlen(words[i]) && memcmp(from, words[i], length) == 0) {
            jb_buf_add(source->out, from, length);
            return true;
        }
    }
    return false;
}

/* JSON wants a digit on both sides of the point, and no plus before a number. A key may be a number. */
static bool number(struct source *source)
{
    const char *from = source->at;
    while (left(source) && (in_name(*source->at) || *source->at == '.' ||
                            ((*source->at == '-' || *source->at == '+') &&
                             (source->at == from || source->at[-1] == 'e' || source->at[-1] == 'E')))) {
        source->at++;
    }
    const char *to = source->at;
    if (!skip_blanks(source)) {
        return false;
    }
    bool key = left(source) && *source->at == ':';
    jb_buf_puts(source->out, key ? "\"" : "");
    for (const char *p = from; p < to && !key; p++) {
        bool digit_before = p > from && isdigit((unsigned char)p[-1]);
        bool digit_after = p + 1 < to && isdigit((unsigned char)p[1]);
        if (*p == '+' && p == from) {
            continue;
        }
        jb_buf_puts(source->out, *p == '.' && !digit_before ? "0" : "");
        jb_buf_add(source->out, p, 1);
        jb_buf_puts(source->out, *p == '.' && !digit_after ? "0" : "");
    }
    jb_buf_add(source->out, from, key ? (size_t)(to - from) : 0);
    jb_buf_puts(source->out, key ? "\"" : "");
    return true;
}

static bool negated(struct source *source)
{
    bool yes = next_is(source, "!0");
    if (!yes && !next_is(source, "!1")) {
        return false;
    }
    source->at += 2;
    jb_buf_puts(source->out, yes ? "true" : "false");
    return true;
}

/* A comma at the end of a list is dropped: what comes behind it is looked at first. */
static bool comma(struct source *source)
{
    source->at++;
    if (!skip_blanks(source)) {
        return false;
    }
    if (!left(source) || (*source->at != '}' && *source->at != ']')) {
        jb_buf_puts(source->out, ",");
    }
    return true;
}

static bool token(struct source *source, unsigned *depth)
{
    char c = *source->at;
    switch (c) {
    case '{':
    case '[':
    case '}':
    case ']':
        *depth += c == '{' || c == '[' ? 1 : (unsigned)-1;
        source->at++;
        jb_buf_add(source->out, &c, 1);
        return *depth <= MAX_DEPTH;
    case ':':
        source->at++;
        jb_buf_puts(source->out, ":");
        return true;
    case ',':
        return comma(source);
    case '"':
    case '\'':
        return string(source);
    case '!':
        return negated(source);
    default:
        if (isdigit((unsigned char)c) || c == '-' || c == '+' || c == '.') {
            return number(source);
        }
        return in_name(c) && word(source);
    }
}

int jb_js_to_json(const char *text, size_t length, struct jb_buf *ret)
{
    struct source source = {.at = text, .end = text + length, .out = ret};
    unsigned depth = 0;
    if (length == 0 || *text != '{') {
        return -EBADMSG;
    }
    do {
        if (!skip_blanks(&source) || !left(&source) || !token(&source, &depth)) {
            return -EBADMSG;
        }
    } while (depth > 0);
    return 0;
}
