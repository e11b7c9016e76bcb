/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text and numbers as JSON, HTML and CSV want them.
 *
 * JSON: RFC 8259 section 7. UTF-8: RFC 3629, so no surrogates, nothing overlong, nothing above U+10FFFF. The apostrophe
 * before text that looks like a formula is what spreadsheets themselves use to mark text.
 */
#include "base/escape.h"

#include "base/cleanup.h"
#include "base/csv.h"

#include <math.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* Length of the valid sequence at `text`, 0 when there is none. Stops at the terminating NUL by itself: it is no
 * continuation byte. */
static size_t sequence(const unsigned char *text)
{
    unsigned char c = text[0];
    if (c < 0x80) {
        return 1;
    }
    if (c < 0xC2 || c > 0xF4) {
        return 0;
    }
    size_t length = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (text[i] < 0x80 || text[i] > 0xBF) {
            return 0;
        }
    }
    return length;
}

void jb_export_json_text(struct jb_buf *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t length = sequence(at);
        if (length == 0) {
            jb_buf_puts(out, REPLACEMENT);
            length = 1;
        } else if (*at == '"' || *at == '\\') {
            jb_buf_printf(out, "\\%c", *at);
        } else if (*at == '\n') {
            jb_buf_puts(out, "\\n");
        } else if (*at == '\t') {
            jb_buf_puts(out, "\\t");
        } else if (*at < 0x20 || *at == 0x7F) {
            jb_buf_printf(out, "\\u%04x", *at);
        } else {
            jb_buf_add(out, at, length);
        }
        at += length;
    }
}

/* C1 controls, and the marks that turn the direction of what follows: "Trojan source". */
static bool treacherous(const unsigned char *at, size_t length)
{
    if (length == 2) {
        return at[0] == 0xC2 && at[1] < 0xA0;
    }
    if (length == 3 && at[0] == 0xE2) {
        return (at[1] == 0x80 && at[2] >= 0xAA && at[2] <= 0xAE) || (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9);
    }
    return false;
}

static void html(struct jb_buf *out, const char *text, const char *space)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t length = sequence(at);
        bool control = (*at < 0x20 && *at != '\t' && *at != '\n') || *at == 0x7F;
        if (length == 0 || control || treacherous(at, length)) {
            jb_buf_puts(out, REPLACEMENT);
            length = length == 0 ? 1 : length;
        } else if (*at == '&') {
            jb_buf_puts(out, "&amp;");
        } else if (*at == '<') {
            jb_buf_puts(out, "&lt;");
        } else if (*at == '>') {
            jb_buf_puts(out, "&gt;");
        } else if (*at == '"') {
            jb_buf_puts(out, "&quot;");
        } else if (*at == '\'') {
            jb_buf_puts(out, "&#39;");
        } else if (*at == ' ') {
            jb_buf_puts(out, space);
        } else {
            jb_buf_add(out, at, length);
        }
        at += length;
    }
}

void jb_export_html_text(struct jb_buf *out, const char *text)
{
    html(out, text, " ");
}

void jb_export_html_unit(struct jb_buf *out, const char *text)
{
    html(out, text, "\xC2\xA0");
}

void jb_export_label_text(struct jb_buf *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t length = sequence(at);
        if (*at == '\n') {
            jb_buf_puts(out, "\\n");
        } else if (length == 0 || *at < 0x20 || *at == 0x7F || treacherous(at, length)) {
            jb_buf_puts(out, REPLACEMENT);
            length = length == 0 ? 1 : length;
        } else if (*at == '"' || *at == '\\') {
            jb_buf_printf(out, "\\%c", *at);
        } else {
            jb_buf_add(out, at, length);
        }
        at += length;
    }
}

void jb_export_csv_text(struct jb_buf *out, const char *text)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf clean = {0};
    const unsigned char *at = (const unsigned char *)(text ? text : "");
    if (*at == '=' || *at == '+' || *at == '-' || *at == '@') {
        jb_buf_puts(&clean, "'");
    }
    while (*at) {
        size_t length = sequence(at);
        if (length == 0 || (*at < 0x20 && *at != '\n' && *at != '\r' && *at != '\t') || *at == 0x7F) {
            jb_buf_puts(&clean, REPLACEMENT);
            length = 1;
        } else if (*at < 0x20) {
            jb_buf_puts(&clean, " ");
        } else {
            jb_buf_add(&clean, at, length);
        }
        at += length;
    }
    out->failed |= clean.failed;
    jb_csv_field(out, clean.data);
}

void jb_export_fixed(struct jb_buf *out, uint64_t value, unsigned decimals)
{
    char digits[24]; /* least significant first; 2^64 has 20 digits */
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count <= decimals && count < sizeof(digits)) {
        digits[count++] = '0';
    }
    unsigned last = 0;
    while (last + 1 < decimals && digits[last] == '0') {
        last++;
    }
    char text[sizeof(digits) + 3];
    size_t length = 0;
    for (unsigned i = count; i-- > last;) {
        text[length++] = digits[i];
        if (i == decimals) {
            text[length++] = '.';
        }
    }
    if (decimals == 0) {
        text[length++] = '0';
    }
    jb_buf_add(out, text, length);
}

void jb_export_joules(struct jb_buf *out, uint64_t energy_uj)
{
    jb_export_fixed(out, energy_uj, 6);
}

bool jb_export_number(struct jb_buf *out, double value)
{
    if (!isfinite(value)) {
        return false;
    }
    for (int precision = 15; precision <= 17; precision++) {
        size_t start = out->length;
        double back;
        jb_buf_printf(out, "%.*g", precision, value);
        if (out->failed || precision == 17) {
            break;
        }
        if (jb_parse_double(out->data + start, &back) == 0 && back == value) {
            break;
        }
        out->length = start;
        out->data[start] = '\0';
    }
    return true;
}

void jb_export_command(struct jb_buf *out, char *const *words, size_t count)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    for (size_t i = 0; i < count; i++) {
        const char *word = words[i];
        jb_buf_puts(out, i > 0 ? " " : "");
        if (*word && word[strspn(word, plain)] == '\0') {
            jb_buf_puts(out, word);
            continue;
        }
        jb_buf_puts(out, "'");
        for (; *word; word++) {
            if (*word == '\'') {
                jb_buf_puts(out, "'\\''");
            } else {
                jb_buf_add(out, word, 1);
            }
        }
        jb_buf_puts(out, "'");
    }
}
