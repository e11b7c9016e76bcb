/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a run. Documented in run_tables.h.
 */
#include "store/run_tables.h"

#include "base/cleanup.h"
#include "store/chunk.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

const struct jb_run_table jb_run_tables[] = {
    {"run", JB_RUN_TABLE_ITSELF},   {"run_text", JB_RUN_TABLE_ROWS},  {"run_channel", JB_RUN_TABLE_ROWS},
    {"chunk", JB_RUN_TABLE_SERIES}, {"sum_10s", JB_RUN_TABLE_SERIES}, {"sum_10min", JB_RUN_TABLE_SERIES},
    {"vitals", JB_RUN_TABLE_ROWS},  {"mark", JB_RUN_TABLE_ROWS},      {"price", JB_RUN_TABLE_IDS},
};
const size_t jb_run_table_count = JB_COUNT(jb_run_tables);

const char *jb_run_table_where(enum jb_run_table_kind kind)
{
    switch (kind) {
    case JB_RUN_TABLE_ITSELF:
        return " WHERE id = ?1";
    case JB_RUN_TABLE_ROWS:
        return " WHERE run = ?1";
    case JB_RUN_TABLE_IDS:
        return " WHERE run = ?1 ORDER BY id";
    case JB_RUN_TABLE_SERIES:
        break;
    }
    return " WHERE id BETWEEN ?1 << " TEXT(JB_TIME_BITS) " AND ((?1 + 1) << " TEXT(JB_TIME_BITS) ") - 1 ORDER BY id";
}
