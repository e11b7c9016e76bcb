/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at a board as the JSON that is kept. Names are made of letters, digits and "_-." (hardware/vitals.h), so only
 * the power mode, which is the board maker's text, has to be looked at.
 */
#include "engine/vitals.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

static void key(struct jb_buf *out, const char *name)
{
    jb_buf_printf(out, "%s\"%s\":", out->length > 1 ? "," : "", name);
}

static void value(struct jb_buf *out, int64_t number)
{
    if (number == JB_VITAL_UNKNOWN) {
        jb_buf_puts(out, "null");
    } else if (number == JB_VITAL_OFF) {
        jb_buf_puts(out, "\"off\"");
    } else {
        jb_buf_printf(out, "%" PRId64, number);
    }
}

static void known(struct jb_buf *out, const char *name, int64_t number)
{
    if (number != JB_VITAL_UNKNOWN) {
        key(out, name);
        value(out, number);
    }
}

static void pair(struct jb_buf *out, const char *name, int64_t used, int64_t total)
{
    if (used != JB_VITAL_UNKNOWN && total != JB_VITAL_UNKNOWN) {
        key(out, name);
        jb_buf_printf(out, "[%" PRId64 ",%" PRId64 "]", used, total);
    }
}

static void list(struct jb_buf *out, const char *name, const struct jb_vitals_list *list)
{
    if (list->count == 0) {
        return;
    }
    key(out, name);
    for (size_t i = 0; i < list->count; i++) {
        jb_buf_printf(out, "%c\"%s\":", i == 0 ? '{' : ',', list->items[i].name);
        value(out, list->items[i].value);
    }
    jb_buf_puts(out, "}");
}

void jb_vitals_json(const struct jb_vitals *vitals, struct jb_buf *out)
{
    jb_buf_clear(out);
    jb_buf_puts(out, "{");
    if (vitals->uptime_ms != JB_VITAL_UNKNOWN) {
        key(out, "uptime_s");
        jb_buf_printf(out, "%" PRId64 ".%03d", vitals->uptime_ms / 1000, (int)(vitals->uptime_ms % 1000));
    }
    if (vitals->cpu_count > 0) {
        key(out, "cpu");
        for (size_t i = 0; i < vitals->cpu_count; i++) {
            jb_buf_puts(out, i == 0 ? "[" : ",");
            value(out, vitals->cpu_percent[i]);
        }
        jb_buf_puts(out, "]");
    }
    pair(out, "ram_kb", vitals->ram_used_kb, vitals->ram_kb);
    pair(out, "swap_kb", vitals->swap_used_kb, vitals->swap_kb);
    known(out, "emc", vitals->emc_percent);
    known(out, "gpu", vitals->gpu_permille);
    known(out, "gpu_hz", vitals->gpu_hz);
    list(out, "engines_khz", &vitals->engines);
    list(out, "fans_pwm", &vitals->fans);
    list(out, "temps_mdeg", &vitals->temps);
    if (vitals->nvp_model[0] != '\0' && strpbrk(vitals->nvp_model, "\"\\") == NULL) {
        key(out, "nvp_model");
        jb_buf_printf(out, "\"%s\"", vitals->nvp_model);
    }
    jb_buf_puts(out, "}");
}
