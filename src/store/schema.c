/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of joulebook.db and the steps that make them.
 *
 * run is small because it is written with every chunk; the long texts of a run, which are not, lie in run_text. chunk
 * and the sums have no column for their run: it is in the upper bits of their key (database.h), and a trigger deletes
 * what a foreign key cannot. STRICT keeps columns to their types whoever writes.
 */
#include "store/schema.h"

#include <errno.h>

#include "base/diag.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)
#define DELETE_ROWS(table)                                                                                             \
    "DELETE FROM " table                                                                                               \
    " WHERE id BETWEEN old.id << " TEXT(JB_TIME_BITS) " AND ((old.id + 1) << " TEXT(JB_TIME_BITS) ") - 1; "

const char *const jb_schema_steps[] = {
    /* 1: runs and their series */
    "CREATE TABLE run("
    " id INTEGER PRIMARY KEY, ulid TEXT NOT NULL UNIQUE, name TEXT, project TEXT, parent TEXT,"
    " host TEXT, machine_id TEXT, started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, duration_s REAL,"
    " status TEXT NOT NULL, exit_code INTEGER, signal INTEGER,"
    " machine_uj INTEGER NOT NULL, run_uj INTEGER NOT NULL, idle_uj INTEGER NOT NULL, others_uj INTEGER NOT NULL,"
    " unattributed_uj INTEGER NOT NULL, footprint_uj INTEGER NOT NULL, measured_uj INTEGER NOT NULL,"
    " modelled_uj INTEGER NOT NULL, uncertainty_uj REAL, run_uncertainty_uj REAL, footprint_uncertainty_uj REAL,"
    " coverage REAL, basis TEXT, emissions_g REAL, emissions_uncertainty_g REAL, embodied_g REAL,"
    " intensity_g_per_kwh REAL, intensity_rel_error REAL, pue REAL, zone TEXT, zone_name TEXT, zone_note TEXT,"
    " self_cpu_s REAL, self_energy_j REAL, self_max_rss_bytes INTEGER NOT NULL, events_dropped INTEGER NOT NULL,"
    " last_us INTEGER NOT NULL, heartbeat_ns INTEGER NOT NULL, meter_pid INTEGER NOT NULL,"
    " meter_start INTEGER NOT NULL, meter_place TEXT"
    ") STRICT;"
    "CREATE INDEX run_started ON run(started_ns);"
    "CREATE INDEX run_name ON run(name) WHERE name IS NOT NULL;"
    "CREATE TABLE run_text("
    " run INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE,"
    " command TEXT, tags TEXT, warnings TEXT, segments TEXT, hardware TEXT"
    ") STRICT;"
    "CREATE TABLE run_channel("
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, number INTEGER NOT NULL,"
    " id TEXT, device TEXT, name TEXT, source TEXT, method TEXT, in_total INTEGER NOT NULL,"
    " parent INTEGER NOT NULL, twin_of INTEGER NOT NULL,"
    " energy_uj INTEGER NOT NULL, run_uj INTEGER NOT NULL, idle_uj INTEGER NOT NULL, others_uj INTEGER NOT NULL,"
    " unattributed_uj INTEGER NOT NULL, footprint_uj INTEGER NOT NULL, uncertainty_uj REAL, run_uncertainty_uj REAL,"
    " idle_uw INTEGER NOT NULL, idle_source TEXT, covered_ns INTEGER NOT NULL, gap_ns INTEGER NOT NULL,"
    " update_period_ns INTEGER NOT NULL, flags INTEGER NOT NULL, flag_text TEXT, note TEXT,"
    " PRIMARY KEY(run, number)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE sum_10s(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE sum_10min(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
    "CREATE TRIGGER run_deleted AFTER DELETE ON run BEGIN " DELETE_ROWS("chunk") DELETE_ROWS("sum_10s")
        DELETE_ROWS("sum_10min") "END;",
    /* 2: what is known of machines */
    "CREATE TABLE baseline("
    " machine_id TEXT NOT NULL, channel TEXT NOT NULL, idle_uw INTEGER NOT NULL, sigma_uw INTEGER NOT NULL,"
    " source TEXT, measured_ns INTEGER NOT NULL, seconds REAL, PRIMARY KEY(machine_id, channel)"
    ") STRICT, WITHOUT ROWID;",
    /* 3: the wall: what a run saw of it, and how it follows the sensors of a machine */
    "ALTER TABLE run_text ADD COLUMN wall TEXT;"
    "CREATE TABLE wall_fit("
    " machine_id TEXT PRIMARY KEY, a_w REAL, b REAL, var_a REAL, var_b REAL, cov_ab REAL, residual_w REAL,"
    " min_w REAL, max_w REAL, readings INTEGER NOT NULL, meter TEXT, meter_error REAL, measured_ns INTEGER NOT NULL,"
    " leaves TEXT"
    ") STRICT, WITHOUT ROWID;",
    /* 4: what holding a context on a GPU cost */
    "ALTER TABLE run_channel ADD COLUMN context_w REAL;"
    "ALTER TABLE run_channel ADD COLUMN context_tax_j REAL;",
    /* 5: what a board says of itself beside power */
    "CREATE TABLE vitals("
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, t_ms INTEGER NOT NULL, data TEXT NOT NULL,"
    " PRIMARY KEY(run, t_ms)"
    ") STRICT, WITHOUT ROWID;",
    /* 6: carbon by the hour: what it needs, what came of it, and what it was priced at before */
    "CREATE TABLE mark("
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, t_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL,"
    " data BLOB NOT NULL, PRIMARY KEY(run, t_ns)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE price("
    " id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, until_ns INTEGER NOT NULL,"
    " emissions_g REAL, uncertainty_g REAL, intensity_g_per_kwh REAL, source TEXT, reason TEXT"
    ") STRICT;"
    "CREATE INDEX price_run ON price(run);"
    "ALTER TABLE run_text ADD COLUMN carbon TEXT;",
    /* 7: what a run did with its energy; what that taught of the machine */
    "ALTER TABLE run_text ADD COLUMN work TEXT;"
    "CREATE TABLE sensor_timing("
    " machine_id TEXT NOT NULL, channel TEXT NOT NULL, period_ns INTEGER NOT NULL, jitter_ns INTEGER NOT NULL,"
    " edge_ns INTEGER NOT NULL, lag_ns INTEGER NOT NULL, measured_ns INTEGER NOT NULL,"
    " PRIMARY KEY(machine_id, channel)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE op_power("
    " machine_id TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL, mean_w REAL, sd_w REAL, seconds REAL,"
    " measured_ns INTEGER NOT NULL, PRIMARY KEY(machine_id, channel, name)"
    ") STRICT, WITHOUT ROWID;",
    /* 8: whose a run is; what machines used over time (history_block.h) */
    "ALTER TABLE run ADD COLUMN owner INTEGER;"
    "CREATE TABLE history("
    " machine INTEGER PRIMARY KEY, machine_id TEXT NOT NULL UNIQUE, first_us INTEGER NOT NULL,"
    " last_us INTEGER NOT NULL, second_held_ns INTEGER NOT NULL, minute_held_ns INTEGER NOT NULL,"
    " hour_held_ns INTEGER NOT NULL, minute BLOB, hour BLOB"
    ") STRICT;"
    "CREATE TABLE history_channel("
    " machine INTEGER NOT NULL REFERENCES history(machine) ON DELETE CASCADE, number INTEGER NOT NULL,"
    " id TEXT NOT NULL, device TEXT, name TEXT, source TEXT, method TEXT, in_total INTEGER NOT NULL,"
    " PRIMARY KEY(machine, number), UNIQUE(machine, id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE history_second(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE history_minute(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE history_hour(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",
};
const int64_t jb_schema_version = sizeof(jb_schema_steps) / sizeof(jb_schema_steps[0]);

static int refuse_foreign(struct jb_store *store, struct jb_diag *diag)
{
    int r = jb_fail(diag, -EPROTO, "%s is a database of another program", store->path);
    jb_fix(diag, "choose another file with --db FILE or JOULEBOOK_DB");
    return r;
}

int jb_schema_identify(struct jb_store *store, int64_t *ret_version, struct jb_diag *diag)
{
    int64_t application = 0, version = 0, things = 0;
    /* The three figures of one moment: another program may be making the file. */
    bool own = sqlite3_get_autocommit(store->db) != 0;
    int r = own ? jb_db_exec(store, "BEGIN", "read", diag) : 0;
    if (r == 0) {
        r = jb_db_number(store, "SELECT count(*) FROM sqlite_schema", "read", &things, diag);
    }
    if (r == 0) {
        r = jb_db_number(store, "PRAGMA application_id", "read", &application, diag);
    }
    if (r == 0) {
        r = jb_db_number(store, "PRAGMA user_version", "read", &version, diag);
    }
    if (own) {
        jb_db_rollback(store);
    }
    if (r < 0) {
        return r;
    }
    if (application == 0 && version == 0 && things == 0) {
        *ret_version = 0;
        return 0;
    }
    if (application != JB_APPLICATION_ID || version < 1) {
        return refuse_foreign(store, diag);
    }
    if (version > jb_schema_version) {
        r = jb_fail(diag, -EPROTONOSUPPORT, "%s was written by a newer joulebook (schema %lld, this one knows %lld)",
                    store->path, (long long)version, (long long)jb_schema_version);
        jb_fix(diag, "update joulebook, or choose another file with --db FILE or JOULEBOOK_DB");
        return r;
    }
    *ret_version = version;
    return 0;
}

static int step(struct jb_store *store, int64_t *version, struct jb_diag *diag)
{
    int r = jb_db_exec(store, "BEGIN IMMEDIATE", "lock", diag);
    if (r < 0) {
        return r;
    }
    r = jb_schema_identify(store, version, diag); /* another program may have been faster */
    if (r == 0 && *version < jb_schema_version) {
        r = jb_db_exec(store, jb_schema_steps[*version], "make the tables of", diag);
        if (r == 0) {
            char pragmas[96];
            sqlite3_snprintf(sizeof(pragmas), pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %lld",
                             JB_APPLICATION_ID, (long long)*version + 1);
            r = jb_db_exec(store, pragmas, "mark", diag);
        }
    }
    if (r == 0) {
        r = jb_db_exec(store, "COMMIT", "write", diag);
    }
    if (r < 0) {
        jb_db_rollback(store);
        return r;
    }
    if (*version < jb_schema_version) {
        ++*version;
    }
    return 0;
}

int jb_schema_migrate(struct jb_store *store, struct jb_diag *diag)
{
    int64_t version = 0;
    int r = jb_schema_identify(store, &version, diag);
    while (r == 0 && version < jb_schema_version) {
        r = step(store, &version, diag);
    }
    return r;
}
