/* SPDX-License-Identifier: Apache-2.0 */
/* The almanac's thread. See almanac.h. */
#include "engine/almanac.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "base/worker.h"
#include "engine/price.h"
#include "engine/reprice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_NS    (3 * JB_NS_PER_S) /* a daemon of a moment asks nobody */
#define LOOK_NS     (900 * JB_NS_PER_S)
#define PRICE_LOOKS 4 /* of so many looks one prices runs too */
#define PRICE_RUNS  64
#define PATIENCE_NS (100 * JB_NS_PER_MS)
#define LIVE_ENOUGH 0.999
#define STACK_BYTES ((size_t)512 << 10)

struct jb_almanac {
    struct jb_worker worker;
    const struct jb_grid_settings *settings;
    const struct jb_tariff *tariff;
    struct jb_intensity place;
    char *db_path;
    bool no_db;
    struct jb_track past, future; /* these and the steps: with the lock */
    struct jb_steps steps;
};

static void finish(void *owner)
{
    struct jb_almanac *almanac = owner;

    jb_track_finish(&almanac->past);
    jb_track_finish(&almanac->future);
    free(almanac->db_path);
    free(almanac);
}

static bool stopped(struct jb_almanac *almanac)
{
    pthread_mutex_lock(&almanac->worker.lock);
    bool stop = almanac->worker.stop;
    pthread_mutex_unlock(&almanac->worker.lock);
    return stop;
}

static void look(struct jb_almanac *almanac)
{
    struct jb_fetch *fetch = NULL;
    struct jb_track past = {0}, future = {0};
    struct jb_steps steps = {0};
    struct jb_diag diag = {0};
    int64_t now_ns = jb_walltime_ns(&almanac->settings->walltime);

    if (jb_fetch_create(almanac->settings, &almanac->place, JB_AVERAGE, &fetch, &diag) < 0) {
        return;
    }
    jb_fetch_past(fetch, JB_FETCH_ASK, now_ns - JB_ALMANAC_PAST_NS, now_ns, &past, &steps, &diag);
    if (!stopped(almanac)) {
        jb_fetch_forecast(fetch, JB_FETCH_ASK, now_ns + JB_ALMANAC_FUTURE_NS, &future, &steps, &diag);
    }
    jb_fetch_destroy(fetch);
    pthread_mutex_lock(&almanac->worker.lock);
    struct jb_track old_past = almanac->past, old_future = almanac->future;
    almanac->past = past;
    almanac->future = future;
    almanac->steps = steps;
    pthread_mutex_unlock(&almanac->worker.lock);
    jb_track_finish(&old_past);
    jb_track_finish(&old_future);
}

struct candidates {
    char ids[PRICE_RUNS][JB_RUN_ID_TEXT];
    size_t count;
    int64_t since_ns;
};

static int consider(void *context, const struct jb_record *record)
{
    struct candidates *list = context;

    if (record->started_ns < list->since_ns || list->count == PRICE_RUNS) {
        return 1; /* newest first: the rest is older */
    }
    if (record->status != JB_RUN_RUNNING && record->ended_ns > 0) {
        jb_copy(list->ids[list->count++], JB_RUN_ID_TEXT, record->id);
    }
    return 0;
}

static void price_one(struct jb_almanac *almanac, struct jb_store *store, const char *id)
{
    struct jb_record record = {0};
    struct jb_diag diag = {0};
    struct jb_reprice_config config = {.settings = almanac->settings, .tariff = almanac->tariff, .how = JB_FETCH_ASK};
    struct jb_reprice_result result;

    if (jb_store_load(store, id, &record, &diag) == 0 && jb_price_live_share(&record) < LIVE_ENOUGH) {
        jb_reprice(store, id, &config, &result, &diag);
    }
    jb_record_finish(&record);
}

static void price_runs(struct jb_almanac *almanac)
{
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    struct jb_run_filter filter = {0};
    struct candidates *list = calloc(1, sizeof(*list));

    if (list != NULL && !almanac->no_db && jb_store_open(almanac->db_path, JB_STORE_WRITE, &store, &diag) == 0) {
        list->since_ns = jb_walltime_ns(&almanac->settings->walltime) - JB_ALMANAC_PAST_NS;
        jb_store_list(store, &filter, consider, list, &diag);
        for (size_t i = 0; i < list->count && !stopped(almanac); i++) {
            price_one(almanac, store, list->ids[i]);
        }
    }
    jb_store_close(store);
    free(list);
}

/* With the lock held. True: time is up; false: it shall end. */
static bool wait_for(struct jb_almanac *almanac, uint64_t wait_ns)
{
    uint64_t due_ns = jb_mono_ns() + wait_ns;

    while (!almanac->worker.stop && jb_cond_until(&almanac->worker.wake, &almanac->worker.lock, due_ns)) {
    }
    return !almanac->worker.stop;
}

static void run(void *owner)
{
    struct jb_almanac *almanac = owner;

    for (unsigned looks = 0; wait_for(almanac, looks == 0 ? FIRST_NS : LOOK_NS); looks++) {
        pthread_mutex_unlock(&almanac->worker.lock);
        look(almanac);
        if (looks % PRICE_LOOKS == 0 && !stopped(almanac)) {
            price_runs(almanac);
        }
        pthread_mutex_lock(&almanac->worker.lock);
    }
}

int jb_almanac_start(const struct jb_grid_settings *settings, const struct jb_intensity *place,
                     const struct jb_tariff *tariff, const char *db_path, struct jb_almanac **ret)
{
    struct jb_almanac *almanac = calloc(1, sizeof(*almanac));

    if (almanac == NULL) {
        return -ENOMEM;
    }
    jb_worker_init(&almanac->worker, run, finish, almanac);
    almanac->settings = settings;
    almanac->tariff = tariff;
    almanac->place = *place;
    almanac->no_db = jb_streq(db_path, "none");
    almanac->db_path = db_path != NULL ? strdup(db_path) : NULL;
    int error = db_path != NULL && almanac->db_path == NULL
                    ? -ENOMEM
                    : jb_worker_start(&almanac->worker, "jb-almanac", STACK_BYTES);
    if (error < 0) {
        jb_worker_release(&almanac->worker);
        return error;
    }
    *ret = almanac;
    return 0;
}

int jb_almanac_take(struct jb_almanac *almanac, struct jb_track *ret_past, struct jb_track *ret_future,
                    struct jb_steps *ret_steps)
{
    pthread_mutex_lock(&almanac->worker.lock);
    int error = jb_track_copy(ret_past, &almanac->past);
    if (error == 0) {
        error = jb_track_copy(ret_future, &almanac->future);
    }
    *ret_steps = almanac->steps;
    pthread_mutex_unlock(&almanac->worker.lock);
    return error;
}

bool jb_almanac_destroy(struct jb_almanac *almanac)
{
    return almanac != NULL && !jb_worker_leave(&almanac->worker, jb_mono_ns() + PATIENCE_NS);
}
