/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html_check.h - is this page what a strict reader would take? For the tests and the fuzzer of the HTML report.
 *
 * Stricter than HTML: every element is closed in order, every attribute is quoted and without "<", no ">" stands in
 * text, and every "&" begins one of the references that we write. A name that got through unescaped breaks one of these
 * rules as soon as it holds anything that means something.
 */
#ifndef JB_TEST_HTML_CHECK_H
#define JB_TEST_HTML_CHECK_H

#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HTML_MAX_DEPTH 64

struct html_check {
    const char *at;
    char open[HTML_MAX_DEPTH][16];
    unsigned depth;
    const char *wrong; /* what the first fault is; NULL: none */
};

static inline bool html_reference(const char *at)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strncmp(at, known[i], strlen(known[i])) == 0) {
            return true;
        }
    }
    return false;
}

static inline size_t html_name(const char *at, char *name, size_t size)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '-') {
        length++;
    }
    snprintf(name, size, "%.*s", (int)length, at);
    return length;
}

/* ` name="value"` or ` name`, any number of them, up to ">" or "/>". */
static inline void html_attributes(struct html_check *c)
{
    char name[32];
    while (*c->at == ' ' || *c->at == '\n') {
        size_t length = html_name(++c->at, name, sizeof(name));
        if (length == 0) {
            c->wrong = "no attribute name";
            return;
        }
        c->at += length;
        if (*c->at != '=') {
            continue;
        }
        if (*++c->at != '"') {
            c->wrong = "unquoted attribute";
            return;
        }
        for (c->at++; *c->at && *c->at != '"'; c->at++) {
            if (*c->at == '<' || *c->at == '>' || (*c->at == '&' && !html_reference(c->at))) {
                c->wrong = "raw character in an attribute";
                return;
            }
        }
        if (*c->at++ != '"') {
            c->wrong = "attribute without an end";
            return;
        }
    }
}

static inline void html_tag(struct html_check *c)
{
    char name[16];
    bool closing = *++c->at == '/';
    c->at += closing;
    size_t length = html_name(c->at, name, sizeof(name));
    if (length == 0 || length >= sizeof(name)) {
        c->wrong = "a < that begins no tag";
        return;
    }
    c->at += length;
    if (closing) {
        if (c->depth == 0 || strcmp(c->open[c->depth - 1], name) != 0 || *c->at != '>') {
            c->wrong = "an element closed that is not open";
            return;
        }
        c->depth--;
        c->at++;
        return;
    }
    html_attributes(c);
    bool empty = strcmp(name, "meta") == 0 || strcmp(name, "br") == 0 || *c->at == '/';
    c->at += *c->at == '/';
    if (c->wrong || *c->at++ != '>') {
        c->wrong = c->wrong ? c->wrong : "a tag without an end";
        return;
    }
    if (!empty && c->depth == HTML_MAX_DEPTH) {
        c->wrong = "too deep";
    } else if (!empty) {
        memcpy(c->open[c->depth++], name, sizeof(name));
    }
}

/* NULL when the page is well-formed, else what is wrong; *ret_at then is where. */
static inline const char *html_fault(const char *page, const char **ret_at)
{
    static const char doctype[] = "<!DOCTYPE html>";
    struct html_check c = {.at = page};
    json_t *text = json_string(page); /* jansson takes UTF-8 only */
    *ret_at = page;
    if (!text) {
        return "not UTF-8";
    }
    json_decref(text);
    if (strncmp(page, doctype, strlen(doctype)) != 0) {
        return "no doctype";
    }
    c.at += strlen(doctype);
    while (*c.at && !c.wrong) {
        bool style = c.depth > 0 && strcmp(c.open[c.depth - 1], "style") == 0;
        *ret_at = c.at;
        if (*c.at == '<') {
            html_tag(&c);
        } else if (!style && (*c.at == '>' || (*c.at == '&' && !html_reference(c.at)))) {
            c.wrong = "raw character in text";
        } else {
            c.at++;
        }
    }
    return c.wrong ? c.wrong : c.depth > 0 ? "an element is left open" : NULL;
}

#endif
