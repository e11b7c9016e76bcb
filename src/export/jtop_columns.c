/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names, order and form of jtop's columns: jtop.stats of jetson_stats 4.2 and later, as its jtop_logger.py writes it.
 * CPUs and EMC are whole per cents, RAM and SWAP fractions, GPU and fans per cents, engines kHz, temperatures degrees;
 * what is switched off is OFF, but for temperatures, which jtop gives as -256 and we leave empty. Empty is not known.
 */
#include "export/jtop_columns.h"

#include "base/escape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void add_names(struct jb_jtop_names *names, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        bool there = strlen(key) >= sizeof(names->items[0]);
        for (size_t i = 0; i < names->count && !there; i++) {
            there = strcmp(names->items[i], key) == 0;
        }
        if (!there && names->count < JB_JTOP_NAMES) {
            jb_copy(names->items[names->count++], sizeof(names->items[0]), key);
        }
    }
}

void jb_jtop_collect(struct jb_jtop_columns *columns, const json_t *look)
{
    size_t cpus = json_array_size(json_object_get(look, "cpu"));
    cpus = cpus < JB_JTOP_CPUS ? cpus : JB_JTOP_CPUS;
    columns->cpus = cpus > columns->cpus ? cpus : columns->cpus;
    columns->uptime |= json_is_number(json_object_get(look, "uptime_s"));
    columns->ram |= json_is_array(json_object_get(look, "ram_kb"));
    columns->swap |= json_is_array(json_object_get(look, "swap_kb"));
    columns->emc |= json_is_number(json_object_get(look, "emc"));
    columns->gpu |= json_is_number(json_object_get(look, "gpu"));
    columns->nvp_model |= json_is_string(json_object_get(look, "nvp_model"));
    add_names(&columns->engines, json_object_get(look, "engines_khz"));
    add_names(&columns->fans, json_object_get(look, "fans_pwm"));
    add_names(&columns->temps, json_object_get(look, "temps_mdeg"));
}

bool jb_jtop_has_power(const struct jb_record_channel *channel)
{
    bool board = strcmp(channel->source, "jetson") == 0 && jb_starts(channel->id, "board/");
    bool model = strcmp(channel->method, "modelled") == 0 && !channel->in_total;
    return channel->twin_of < 0 && !board && !model;
}

static void put_name(struct jb_buf *out, const char *kind, const char *name)
{
    char text[112];
    snprintf(text, sizeof(text), "%s%s", kind, name);
    jb_buf_puts(out, ",");
    jb_export_csv_text(out, text);
}

static void put_names(struct jb_buf *out, const char *kind, const struct jb_jtop_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        put_name(out, kind, names->items[i]);
    }
}

void jb_jtop_header(const struct jb_jtop_columns *columns, const struct jb_record *record, struct jb_buf *out)
{
    jb_buf_puts(out, "time");
    jb_buf_puts(out, columns->uptime ? ",uptime" : "");
    for (size_t i = 1; i <= columns->cpus; i++) {
        jb_buf_printf(out, ",CPU%zu", i);
    }
    jb_buf_puts(out, columns->ram ? ",RAM" : "");
    jb_buf_puts(out, columns->swap ? ",SWAP" : "");
    jb_buf_puts(out, columns->emc ? ",EMC" : "");
    jb_buf_puts(out, columns->gpu ? ",GPU" : "");
    put_names(out, "", &columns->engines);
    put_names(out, "Fan ", &columns->fans);
    put_names(out, "Temp ", &columns->temps);
    for (size_t i = 0; i < record->channel_count; i++) {
        const char *id = record->channels[i].id;
        if (jb_jtop_has_power(&record->channels[i])) {
            put_name(out, "Power ", jb_starts(id, "rail/") ? id + strlen("rail/") : id);
        }
    }
    jb_buf_puts(out, ",Power TOT");
    jb_buf_puts(out, columns->nvp_model ? ",nvp model\n" : "\n");
}

/* "1 day, 2:03:04.500000", as Python's timedelta prints itself. */
static void put_uptime(struct jb_buf *out, const json_t *value)
{
    double s = json_number_value(value);
    jb_buf_puts(out, ",");
    if (!json_is_number(value) || !(s >= 0 && s < 1e10)) {
        return;
    }
    uint64_t us = (uint64_t)llround(s * 1e6);
    uint64_t days = us / 86400000000, rest = us / 1000000 % 86400;
    bool quoted = days > 0;
    jb_buf_puts(out, quoted ? "\"" : "");
    if (days > 0) {
        jb_buf_printf(out, "%llu day%s, ", (unsigned long long)days, days == 1 ? "" : "s");
    }
    jb_buf_printf(out, "%u:%02u:%02u", (unsigned)(rest / 3600), (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
    if (us % 1000000 != 0) {
        jb_buf_printf(out, ".%06u", (unsigned)(us % 1000000));
    }
    jb_buf_puts(out, quoted ? "\"" : "");
}

static void put_scaled(struct jb_buf *out, const json_t *value, double scale, const char *off)
{
    jb_buf_puts(out, ",");
    if (json_is_number(value)) {
        jb_export_number(out, json_number_value(value) / scale);
    } else if (json_is_string(value)) {
        jb_buf_puts(out, off);
    }
}

/* [used, total]: a board without swap uses none of it. */
static void put_share(struct jb_buf *out, const json_t *pair)
{
    const json_t *used = json_array_get(pair, 0), *total = json_array_get(pair, 1);
    jb_buf_puts(out, ",");
    if (json_is_number(used) && json_is_number(total)) {
        double of = json_number_value(total);
        jb_export_number(out, of > 0 ? json_number_value(used) / of : 0);
    }
}

static void put_list(struct jb_buf *out, const struct jb_jtop_names *names, const json_t *object, double scale,
                     const char *off)
{
    for (size_t i = 0; i < names->count; i++) {
        put_scaled(out, json_object_get(object, names->items[i]), scale, off);
    }
}

void jb_jtop_before_power(const struct jb_jtop_columns *columns, const json_t *look, struct jb_buf *out)
{
    if (columns->uptime) {
        put_uptime(out, json_object_get(look, "uptime_s"));
    }
    for (size_t i = 0; i < columns->cpus; i++) {
        put_scaled(out, json_array_get(json_object_get(look, "cpu"), i), 1, "OFF");
    }
    if (columns->ram) {
        put_share(out, json_object_get(look, "ram_kb"));
    }
    if (columns->swap) {
        put_share(out, json_object_get(look, "swap_kb"));
    }
    if (columns->emc) {
        put_scaled(out, json_object_get(look, "emc"), 1, "");
    }
    if (columns->gpu) {
        put_scaled(out, json_object_get(look, "gpu"), 10, "");
    }
    put_list(out, &columns->engines, json_object_get(look, "engines_khz"), 1, "OFF");
    put_list(out, &columns->fans, json_object_get(look, "fans_pwm"), 2.55, "OFF");
    put_list(out, &columns->temps, json_object_get(look, "temps_mdeg"), 1000, "");
}

void jb_jtop_behind_power(const struct jb_jtop_columns *columns, const json_t *look, struct jb_buf *out)
{
    const char *model = json_string_value(json_object_get(look, "nvp_model"));
    if (columns->nvp_model) {
        jb_buf_puts(out, ",");
        jb_export_csv_text(out, model != NULL ? model : "");
    }
}
