/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies the tables of rewrite.h. Each step may use each byte of the text only once, as re.sub() in the oracle, so a
 * step is linear in the number of its matches and the whole is bounded (pattern.h).
 */
#include "hardware/rewrite.h"

#include <string.h>

struct writer {
    char *to;
    size_t length;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static void put(struct writer *w, char c)
{
    if (w->length < JB_PATTERN_TEXT) {
        w->to[w->length++] = c;
    }
}

static void put_range(struct writer *w, const char *text, int from, int to, char fold)
{
    for (int i = from; i >= 0 && i < to; i++) {
        put(w, fold == 'U' ? upper(text[i]) : fold == 'L' ? lower(text[i]) : text[i]);
    }
}

static void put_replacement(struct writer *w, const char *with, const char *text, const struct jb_pattern_match *m)
{
    for (; *with != '\0'; with++) {
        if (*with != '\\') {
            put(w, *with);
            continue;
        }
        char fold = with[1] == 'U' || with[1] == 'L' ? *++with : '\0';
        int group = *++with - '0';
        if (group < 0 || group >= JB_PATTERN_GROUPS) {
            return; /* a mistake in a table; its test would see it */
        }
        put_range(w, text, m->start[group], m->end[group], fold);
    }
}

static void replace_all(const struct jb_pattern *pattern, const char *with, char *text)
{
    char out[JB_PATTERN_TEXT + 1];
    struct writer w = {out, 0};
    struct jb_pattern_match m;
    size_t from = 0;
    while (jb_pattern_search(pattern, text, from, &m) && m.end[0] > m.start[0]) {
        put_range(&w, text, (int)from, m.start[0], '\0');
        put_replacement(&w, with, text, &m);
        from = (size_t)m.end[0];
    }
    if (from == 0) {
        return;
    }
    put_range(&w, text, (int)from, (int)strlen(text), '\0');
    memcpy(text, out, w.length);
    text[w.length] = '\0';
}

void jb_rewrite_begin(const char *name, char text[JB_PATTERN_TEXT + 1])
{
    size_t length = strnlen(name, JB_NAME_LIMIT - 1);
    memcpy(text, name, length);
    text[length] = '\0';
}

void jb_rewrite(const struct jb_rewrite *steps, size_t count, const char *vendor, char text[JB_PATTERN_TEXT + 1])
{
    for (size_t i = 0; i < count; i++) {
        const struct jb_rewrite *s = &steps[i];
        bool fold = !s->exact_case;
        if ((s->vendor != NULL && strcmp(s->vendor, vendor) != 0) ||
            (s->only != NULL && !jb_pattern_found(s->only, fold, text)) ||
            (s->unless != NULL && jb_pattern_found(s->unless, fold, text))) {
            continue;
        }
        struct jb_pattern pattern;
        if (jb_pattern_compile(&pattern, s->pattern, fold)) {
            replace_all(&pattern, s->with, text);
        }
    }
}

void jb_rewrite_tidy(char *text, const char *ends)
{
    size_t length = 0;
    for (const char *c = text; *c != '\0'; c++) {
        bool blank = *c == ' ' || (*c >= '\t' && *c <= '\r') || (*c >= 0x1c && *c <= 0x1f);
        if (!blank) {
            text[length++] = *c;
        } else if (length == 0 || text[length - 1] != ' ') {
            text[length++] = ' ';
        }
    }
    while (length > 0 && strchr(ends, text[length - 1]) != NULL) {
        length--;
    }
    text[length] = '\0';
    size_t skip = strspn(text, ends);
    memmove(text, text + skip, length - skip + 1);
}

const char *jb_rewrite_vendor(const struct jb_naming *rows, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (jb_pattern_found(rows[i].pattern, true, text)) {
            return rows[i].vendor;
        }
    }
    return "";
}

void jb_rewrite_key(const char *text, char *key, size_t size)
{
    size_t length = 0;
    for (; *text != '\0' && length + 1 < size; text++) {
        char c = lower(*text);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+') {
            key[length++] = c;
        }
    }
    if (size > 0) {
        key[length] = '\0';
    }
}

void jb_rewrite_drop(char *key, const char *word)
{
    size_t length = strlen(word);
    for (char *at = strstr(key, word); at != NULL; at = strstr(at, word)) {
        memmove(at, at + length, strlen(at + length) + 1);
    }
}
