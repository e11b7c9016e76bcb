/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machines that runs or a history are kept of.
 *
 * Host and hardware are those of the run that began last: SQLite gives the other columns of a max() from the row that
 * it was found in
 * (sqlite.org/quirks.html#aggregate_queries_can_contain_non_aggregate_result_columns_that_are_not_in_the_group_by_clause).
 * When a machine was there is no secret of whose run it was: the times are of all runs, the sums of the owner's.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/column.h"
#include "store/database.h"

static const char *const machines_sql =
    "WITH seen AS ("
    " SELECT machine_id AS machine, host, id, max(started_ns) AS newest, min(started_ns) AS first_ns,"
    "  max(max(started_ns, ended_ns, started_ns + min(max(last_us, 0), 274877906943999) * 1000)) AS last_ns"
    "  FROM run WHERE machine_id IS NOT NULL GROUP BY machine_id"
    "), used AS ("
    " SELECT machine_id AS machine, count(*) AS runs, total(run_uj) AS run_uj, total(footprint_uj) AS footprint_uj,"
    "  sum(emissions_g) AS grams FROM run WHERE ?1 IS NULL OR owner = ?1 GROUP BY machine_id"
    "), every AS (SELECT machine FROM seen UNION SELECT machine_id FROM history)"
    " SELECT every.machine, seen.host, hardware, coalesce(runs, 0),"
    "  min(coalesce(seen.first_ns, first_us * 1000), coalesce(first_us * 1000, seen.first_ns)),"
    "  max(coalesce(seen.last_ns, last_us * 1000), coalesce(last_us * 1000, seen.last_ns)) AS last,"
    "  coalesce(run_uj, 0), coalesce(footprint_uj, 0), grams"
    " FROM every LEFT JOIN seen ON seen.machine = every.machine LEFT JOIN used ON used.machine = every.machine"
    " LEFT JOIN history ON history.machine_id = every.machine LEFT JOIN run_text ON run_text.run = seen.id"
    " ORDER BY last DESC, every.machine";

static void copy_text(char *to, size_t size, sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);
    jb_copy(to, size, text == NULL ? "" : text);
}

static int64_t time_of(sqlite3_stmt *statement, int index)
{
    int64_t ns = sqlite3_column_int64(statement, index);
    return ns < 0 ? 0 : ns > JB_WALL_MAX_NS ? JB_WALL_MAX_NS : ns;
}

static uint64_t energy_of(sqlite3_stmt *statement, int index)
{
    double uj = sqlite3_column_double(statement, index);
    return uj > 0 && uj < 0x1p64 ? (uint64_t)uj : 0;
}

static int show(sqlite3_stmt *statement, jb_store_machine_fn fn, void *context)
{
    struct jb_store_machine machine = {
        .runs = (uint64_t)sqlite3_column_int64(statement, 3),
        .first_ns = time_of(statement, 4),
        .last_ns = time_of(statement, 5),
        .run_uj = energy_of(statement, 6),
        .footprint_uj = energy_of(statement, 7),
        .grams = NAN,
    };
    copy_text(machine.machine_id, sizeof(machine.machine_id), statement, 0);
    copy_text(machine.host, sizeof(machine.host), statement, 1);
    if (sqlite3_column_type(statement, 8) == SQLITE_FLOAT && isfinite(sqlite3_column_double(statement, 8))) {
        machine.grams = sqlite3_column_double(statement, 8);
    }
    const char *hardware = (const char *)sqlite3_column_text(statement, 2);
    JB_CLEANUP(jb_freep) char *copy = hardware == NULL ? NULL : strdup(hardware);
    if (hardware != NULL && copy == NULL) {
        return -ENOMEM;
    }
    machine.hardware_json = copy;
    return fn(context, &machine);
}

int jb_store_machines(struct jb_store *store, bool has_owner, uint32_t owner, jb_store_machine_fn fn, void *context,
                      struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    int r = jb_db_prepare(store, machines_sql, "read", &statement, diag);
    if (r < 0) {
        return r;
    }
    if (has_owner) {
        sqlite3_bind_int64(statement, 1, owner);
    }
    while ((r = jb_db_step(store, statement, "read", diag)) == 1) {
        r = show(statement, fn, context);
        if (r != 0) {
            return r;
        }
    }
    return r;
}
