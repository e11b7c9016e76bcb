/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jtop_columns.h - which columns a run's log has, found by looking through it once. Private to export/.
 */
#ifndef JB_EXPORT_JTOP_COLUMNS_H
#define JB_EXPORT_JTOP_COLUMNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "store/record.h"

#define JB_JTOP_NAMES 64 /* of each kind: a database may be hostile */
#define JB_JTOP_CPUS  256

struct jb_jtop_names {
    char items[JB_JTOP_NAMES][32];
    size_t count;
};

struct jb_jtop_columns {
    size_t cpus;
    bool uptime, ram, swap, emc, gpu, nvp_model;
    struct jb_jtop_names engines, fans, temps;
};

/* One look at the board (engine/vitals.h says what is in it): add the columns that it needs. */
void jb_jtop_collect(struct jb_jtop_columns *columns, const json_t *look);

/* Is the channel a column of its own? Twins are not, nor are models that something measured contains, nor the board
 * itself: that is Power TOT. */
bool jb_jtop_has_power(const struct jb_record_channel *channel);

void jb_jtop_header(const struct jb_jtop_columns *columns, const struct jb_record *record, struct jb_buf *out);
/* The columns between time and power, and the one behind them; look NULL: nothing is known of that second. */
void jb_jtop_before_power(const struct jb_jtop_columns *columns, const json_t *look, struct jb_buf *out);
void jb_jtop_behind_power(const struct jb_jtop_columns *columns, const json_t *look, struct jb_buf *out);

#endif
