/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON writer that keeps the order it is called in and the decimals of integers (RFC 8259).
 *
 * Odd: jb_json_value() copies values that jansson parsed. It recurses, which is safe because jansson's parser refuses
 * documents nested deeper than 2048.
 */
#include "base/json_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"

static void line(struct jb_json *json)
{
    if (!json->pretty) {
        return;
    }
    jb_buf_puts(json->out, "\n");
    for (unsigned i = 0; i < json->depth; i++) {
        jb_buf_puts(json->out, "  ");
    }
}

static void begin(struct jb_json *json, const char *key)
{
    if (json->more) {
        jb_buf_puts(json->out, ",");
    }
    if (json->depth > 0) {
        line(json);
    }
    json->more = true;
    if (key) {
        jb_buf_puts(json->out, "\"");
        jb_export_json_text(json->out, key);
        jb_buf_puts(json->out, json->pretty ? "\": " : "\":");
    }
}

void jb_json_open(struct jb_json *json, const char *key, char bracket)
{
    begin(json, key);
    jb_buf_add(json->out, &bracket, 1);
    json->depth++;
    json->more = false;
}

void jb_json_close(struct jb_json *json, char bracket)
{
    json->depth--;
    if (json->more) {
        line(json);
    }
    jb_buf_add(json->out, &bracket, 1);
    json->more = true;
}

void jb_json_text(struct jb_json *json, const char *key, const char *text)
{
    begin(json, key);
    jb_buf_puts(json->out, "\"");
    jb_export_json_text(json->out, text);
    jb_buf_puts(json->out, "\"");
}

void jb_json_string(struct jb_json *json, const char *key, const char *text)
{
    if (text && *text) {
        jb_json_text(json, key, text);
    } else {
        jb_json_null(json, key);
    }
}

void jb_json_words(struct jb_json *json, const char *key, const char *text, const char *separators)
{
    jb_json_open(json, key, '[');
    while (*text != '\0') {
        char word[96];
        size_t length = strcspn(text, separators);
        if (length > 0 && length < sizeof(word)) {
            memcpy(word, text, length);
            word[length] = '\0';
            jb_json_text(json, NULL, word);
        }
        text += length;
        text += strspn(text, separators);
    }
    jb_json_close(json, ']');
}

void jb_json_texts(struct jb_json *json, const char *key, char *const *texts, size_t count)
{
    jb_json_open(json, key, '[');
    for (size_t i = 0; i < count; i++) {
        jb_json_text(json, NULL, texts[i]);
    }
    jb_json_close(json, ']');
}

void jb_json_number(struct jb_json *json, const char *key, double value)
{
    begin(json, key);
    if (!jb_export_number(json->out, value)) {
        jb_buf_puts(json->out, "null");
    }
}

void jb_json_integer(struct jb_json *json, const char *key, int64_t value)
{
    begin(json, key);
    jb_buf_printf(json->out, "%" PRId64, value);
}

void jb_json_joules(struct jb_json *json, const char *key, uint64_t energy_uj)
{
    begin(json, key);
    jb_export_joules(json->out, energy_uj);
}

void jb_json_integer_if(struct jb_json *json, const char *key, bool known, int64_t value)
{
    if (known) {
        jb_json_integer(json, key, value);
    } else {
        jb_json_null(json, key);
    }
}

void jb_json_joules_if(struct jb_json *json, const char *key, bool known, uint64_t energy_uj)
{
    if (known) {
        jb_json_joules(json, key, energy_uj);
    } else {
        jb_json_null(json, key);
    }
}

void jb_json_time(struct jb_json *json, const char *key, int64_t wall_ns)
{
    char text[32];

    jb_json_string(json, key, wall_ns > 0 ? jb_iso_time(wall_ns, text, sizeof(text)) : NULL);
}

void jb_json_bool(struct jb_json *json, const char *key, bool value)
{
    begin(json, key);
    jb_buf_puts(json->out, value ? "true" : "false");
}

void jb_json_null(struct jb_json *json, const char *key)
{
    begin(json, key);
    jb_buf_puts(json->out, "null");
}

void jb_json_value(struct jb_json *json, const char *key, json_t *value)
{
    const char *name;
    size_t index;
    json_t *item;
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_OBJECT:
        jb_json_open(json, key, '{');
        json_object_foreach(value, name, item)
        {
            jb_json_value(json, name, item);
        }
        jb_json_close(json, '}');
        break;
    case JSON_ARRAY:
        jb_json_open(json, key, '[');
        json_array_foreach(value, index, item)
        {
            jb_json_value(json, NULL, item);
        }
        jb_json_close(json, ']');
        break;
    case JSON_STRING:
        jb_json_text(json, key, json_string_value(value));
        break;
    case JSON_INTEGER:
        jb_json_integer(json, key, json_integer_value(value));
        break;
    case JSON_REAL:
        jb_json_number(json, key, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        jb_json_bool(json, key, json_is_true(value));
        break;
    case JSON_NULL:
        jb_json_null(json, key);
        break;
    }
}
