/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long questions may take: SQLite asks us every so many steps of its machine
 * (sqlite.org/c3ref/progress_handler.html).
 *
 * Odd: what is done with a row between two steps is not interrupted, but each step of a long answer begins by asking.
 */
#include "base/clock.h"
#include "store/database.h"

#define STEPS   1000
#define WAIT_MS 5000 /* for a lock, without a budget; as a connection is opened with */

static int is_over(void *context)
{
    const struct jb_store *store = context;

    return jb_mono_ns() > store->deadline_ns;
}

void jb_store_budget(struct jb_store *store, uint64_t budget_ns)
{
    bool bounded = budget_ns > 0;
    uint64_t wait_ms = bounded ? budget_ns / JB_NS_PER_MS : WAIT_MS;

    store->deadline_ns = bounded ? jb_mono_ns() + budget_ns : 0;
    sqlite3_progress_handler(store->db, bounded ? STEPS : 0, bounded ? is_over : NULL, store);
    sqlite3_busy_timeout(store->db, (int)(wait_ms < WAIT_MS ? wait_ms : WAIT_MS));
}
