/* SPDX-License-Identifier: Apache-2.0 */
/*
 * common.h - what the tests of store/ share: a folder, a made-up run, a made-up machine that produces chunks.
 */
#ifndef JB_TEST_STORE_COMMON_H
#define JB_TEST_STORE_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/diag.h"
#include "store/history.h"
#include "store/store.h"

/* A new folder as the test's state; removed with all that is in it by the teardown. */
int folder_setup(void **state);
int folder_teardown(void **state);
const char *in_folder(void **state, const char *name); /* a path; the last four stay valid */

/* A child that writes until it is killed, and tells of each piece that is in by a byte through pipe_fd; in it `child`
 * is 0. kill_writer() lets it go on for `moment_ns` after the `wanted`th byte, and returns how many came in all. */
struct killed {
    pid_t child;
    int pipe_fd;
};
struct killed start_writer(void);
int kill_writer(const struct killed *killed, int wanted, long moment_ns);

/* xorshift64*: the same numbers for the same seed everywhere. */
struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t limit);
double random_normal(struct random *random); /* mean 0, sigma 1 */

void make_record(struct jb_record *record, const char *id, size_t channels);

/* A chunk with its memory. */
struct made_chunk {
    struct jb_chunk chunk;
    uint64_t ticks[JB_CHUNK_MAX_TICKS];
    struct jb_chunk_channel channels[16];
    uint64_t values[16][JB_CHUNK_MAX_TICKS];
};
/* Fill in the parts of all channels from their values, at random, and add them to the record's channels. */
void split_parts(struct made_chunk *made, struct random *random, struct jb_record *record);
/* `ticks` ticks of about tick_ns from *t_ns on; each value about power_w times the tick with 5 % noise. `holes`: some
 * ticks without a value, and gaps. */
void make_chunk(struct made_chunk *made, struct random *random, uint64_t *t_ns, size_t ticks, uint64_t tick_ns,
                size_t channels, bool holes, struct jb_record *record);

/* The run `id` with its chunks, ended. Returns the time of its last tick. */
uint64_t write_run(struct jb_store *store, const char *id, struct random *random, size_t chunks, size_t channels,
                   bool holes);

/* A row of the history with its memory: `channels` at about the power of make_chunk(), with 5 % noise, a run that takes
 * most of it, and idle power. `holes`: channels that are not known, or in part. */
struct made_row {
    struct jb_history_row row;
    struct jb_history_value values[16];
};
void make_row(struct made_row *made, struct random *random, int64_t end_ns, uint64_t length_ns, size_t channels,
              bool holes);
/* Of the machine "0123456789abcdef", with `channels` channels of which every third is not in the total. */
struct jb_history *open_history(struct jb_store *store, struct jb_history_limits limits, size_t channels);
void append_row(struct jb_history *history, const struct made_row *made);
/* Energy of each channel in a window, in microjoules, and the level that it came from. */
enum jb_history_level energy_between(struct jb_store *store, int64_t t0_ns, int64_t t1_ns, size_t count,
                                     size_t channels, double *ret_uj);

struct jb_store *open_or_fail(const char *path, enum jb_store_mode mode);
void assert_sound(const char *path);                   /* SQLite's integrity_check says "ok" */
int64_t sql_number(const char *path, const char *sql); /* the first column of the first row, from the outside */
void sql_run(const char *path, const char *sql);

#define assert_good(diag, call)                                                                                        \
    do {                                                                                                               \
        int assert_good_r = (call);                                                                                    \
        if (assert_good_r < 0) {                                                                                       \
            fail_msg(#call " gave %d: %s", assert_good_r, (diag).text);                                                \
        }                                                                                                              \
    } while (0)

#endif
