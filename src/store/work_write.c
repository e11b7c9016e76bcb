/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps what a running program has done so far.
 *
 * One statement, which SQLite makes a transaction of by itself; it is made anew each time, as it is needed every ten
 * seconds. What was kept before is replaced whole.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "store/json.h"
#include "store/write.h"

int jb_store_work(struct jb_store *store, const struct jb_record *record, struct jb_diag *diag)
{
    JB_CLEANUP(jb_db_finalize) sqlite3_stmt *statement = NULL;
    JB_CLEANUP(jb_freep) char *text = NULL;
    if (store->writer == NULL || !store->writer->active || !jb_streq(store->writer->id, record->id)) {
        return jb_fail(diag, -EINVAL, "the run %s is not being written", record->id);
    }
    if (!record->work.known) {
        return 0;
    }
    if (jb_json_from_work(&record->work, &text) < 0) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = jb_db_prepare(store, "UPDATE run_text SET work = ?2 WHERE run = ?1", "write to", &statement, diag);
    if (r < 0) {
        return r;
    }
    sqlite3_bind_int64(statement, 1, store->writer->run);
    jb_db_bind_text(statement, 2, text);
    r = jb_db_run(store, statement, "write to", diag);
    return r == 0 && sqlite3_changes(store->db) != 1
               ? jb_fail(diag, -ENOENT, "the run %s has been deleted from %s", record->id, store->path)
               : r;
}
