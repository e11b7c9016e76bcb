/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.h - write JSON in order.
 *
 * jansson reads JSON here but does not write it: it would print 12.345678 J as 12.345677999999999. Each call writes one
 * member (key not NULL) or one element (key NULL); commas and indentation come by themselves. Out of memory shows in
 * out->failed.
 */
#ifndef JB_BASE_JSON_OUT_H
#define JB_BASE_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct jb_json {
    struct jb_buf *out;
    bool pretty; /* two spaces a level */
    unsigned depth;
    bool more; /* a value stands before in this object or array */
};

void jb_json_open(struct jb_json *json, const char *key, char bracket);       /* '{' or '[' */
void jb_json_close(struct jb_json *json, char bracket);                       /* '}' or ']' */
void jb_json_string(struct jb_json *json, const char *key, const char *text); /* NULL or empty: null */
void jb_json_text(struct jb_json *json, const char *key, const char *text);   /* empty stays "" */
/* The words of a text between any of `separators` as an array of strings; those of 96 bytes and more are left out. */
void jb_json_words(struct jb_json *json, const char *key, const char *text, const char *separators);
void jb_json_texts(struct jb_json *json, const char *key, char *const *texts, size_t count); /* an array */
void jb_json_number(struct jb_json *json, const char *key, double value);                    /* NAN: null */
void jb_json_integer(struct jb_json *json, const char *key, int64_t value);
void jb_json_joules(struct jb_json *json, const char *key, uint64_t energy_uj);
/* null where it is not known. */
void jb_json_integer_if(struct jb_json *json, const char *key, bool known, int64_t value);
void jb_json_joules_if(struct jb_json *json, const char *key, bool known, uint64_t energy_uj);
void jb_json_time(struct jb_json *json, const char *key, int64_t wall_ns); /* as jb_iso_time(); 0 and less: null */
void jb_json_bool(struct jb_json *json, const char *key, bool value);
void jb_json_null(struct jb_json *json, const char *key);
void jb_json_value(struct jb_json *json, const char *key, json_t *value); /* whatever was read elsewhere; NULL: null */

#endif
