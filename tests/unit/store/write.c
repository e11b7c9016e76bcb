/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of write.c, write_rows.c, write_sums.c and load.c together: a run comes back as it was written.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "common.h"
#include "store/chunk.h"

#define ID "01KAAAAAAAAAAAAAAAAAAAAAAA"

/* Every member set to something that is its own. */
static void fill_record(struct jb_record *record)
{
    make_record(record, ID, 3);
    record->project = strdup("project \"x\"");
    assert_int_equal(jb_record_tag(record, "lr", "1e-3"), 0);
    assert_int_equal(jb_record_tag(record, "a", "b\nc"), 0);
    assert_int_equal(jb_record_warn(record, "careful: %d", 7), 0);
    record->status = JB_RUN_KILLED;
    record->ended_ns = record->started_ns + 12345678901;
    record->duration_s = 12.345678901;
    record->has_signal = true;
    record->signal = 9;
    jb_copy(record->parent, sizeof(record->parent), "01KPARENTPARENTPARENTPAREN");
    for (size_t i = 0; i < record->channel_count; i++) {
        struct jb_record_channel *c = &record->channels[i];
        c->in_total = i != 1;
        c->parent = i == 1 ? 0 : -1;
        c->twin_of = i == 2 ? 1 : -1;
        c->energy_uj = UINT64_C(1) << (40 + i);
        c->run_uj = c->energy_uj / 2;
        c->idle_uj = c->energy_uj / 4;
        c->others_uj = c->energy_uj / 8;
        c->unattributed_uj = c->energy_uj / 8;
        c->footprint_uj = c->energy_uj / 2 + 5;
        c->uncertainty_uj = i == 2 ? NAN : 1e6 + 0.25;
        c->run_uncertainty_uj = 2e6;
        c->idle_uw = 20000000 + i;
        c->covered_ns = 12000000000;
        c->gap_ns = 345678901;
        c->update_period_ns = 1000000;
        c->flags = 0x80000005u;
        jb_copy(c->device, sizeof(c->device), "cpu");
        jb_copy(c->name, sizeof(c->name), "AMD EPYC");
        jb_copy(c->idle_source, sizeof(c->idle_source), "model");
        jb_copy(c->flag_text, sizeof(c->flag_text), "wrapped,gap");
        jb_copy(c->note, sizeof(c->note), "a note");
        c->context_w = i == 2 ? NAN : 31.5;
        c->context_tax_j = i == 2 ? NAN : 378.25;
    }
    jb_record_sum(record);
    record->emissions_g = 1.5;
    record->emissions_uncertainty_g = 0.25;
    record->embodied_g = NAN;
    record->intensity_g_per_kwh = 436;
    record->intensity_rel_error = 0.1;
    record->pue = 1.2;
    jb_copy(record->zone, sizeof(record->zone), "KR");
    jb_copy(record->zone_name, sizeof(record->zone_name), "South Korea");
    jb_copy(record->zone_note, sizeof(record->zone_note), "guessed from the time zone");
    record->segment_count = 2;
    record->segments = calloc(2, sizeof(*record->segments));
    for (size_t i = 0; i < 2; i++) {
        struct jb_record_segment *s = &record->segments[i];
        *s = (struct jb_record_segment){.start_ns = record->started_ns + (int64_t)i,
                                        .end_ns = record->ended_ns,
                                        .g_per_kwh = 436.1,
                                        .estimated = i == 1,
                                        .age_s = i == 0 ? NAN : 3600,
                                        .energy_uj = 77 + i};
        jb_copy(s->source, sizeof(s->source), "static table");
        jb_copy(s->factor, sizeof(s->factor), "lifecycle");
    }
    record->self_cpu_s = 0.0125;
    record->self_energy_j = NAN;
    record->self_max_rss_bytes = 8 << 20;
    record->events_dropped = 3;
    record->hardware_json = strdup("{\"cpu\":\"x\"}");
}

static void same_real(double a, double b)
{
    assert_true((isnan(a) && isnan(b)) || a == b);
}

static void same_channels(const struct jb_record *a, const struct jb_record *b)
{
    assert_int_equal(a->channel_count, b->channel_count);
    for (size_t i = 0; i < a->channel_count; i++) {
        struct jb_record_channel x = a->channels[i], y = b->channels[i];
        same_real(x.uncertainty_uj, y.uncertainty_uj);
        same_real(x.run_uncertainty_uj, y.run_uncertainty_uj);
        assert_string_equal(x.id, y.id);
        assert_string_equal(x.device, y.device);
        assert_string_equal(x.name, y.name);
        assert_string_equal(x.source, y.source);
        assert_string_equal(x.method, y.method);
        assert_string_equal(x.idle_source, y.idle_source);
        assert_string_equal(x.flag_text, y.flag_text);
        assert_string_equal(x.note, y.note);
        assert_true(x.number == y.number && x.in_total == y.in_total && x.parent == y.parent && x.twin_of == y.twin_of);
        assert_true(x.energy_uj == y.energy_uj && x.run_uj == y.run_uj && x.idle_uj == y.idle_uj);
        assert_true(x.others_uj == y.others_uj && x.unattributed_uj == y.unattributed_uj &&
                    x.footprint_uj == y.footprint_uj);
        assert_true(x.idle_uw == y.idle_uw && x.covered_ns == y.covered_ns && x.gap_ns == y.gap_ns);
        assert_true(x.update_period_ns == y.update_period_ns && x.flags == y.flags);
        assert_true(isnan(x.context_w) ? isnan(y.context_w) && isnan(y.context_tax_j)
                                       : x.context_w == y.context_w && x.context_tax_j == y.context_tax_j);
    }
}

static void same_numbers(const struct jb_record *a, const struct jb_record *b)
{
    assert_true(a->started_ns == b->started_ns && a->ended_ns == b->ended_ns && a->status == b->status);
    assert_true(a->has_exit_code == b->has_exit_code && a->has_signal == b->has_signal && a->signal == b->signal);
    assert_true(a->machine_uj == b->machine_uj && a->run_uj == b->run_uj && a->idle_uj == b->idle_uj);
    assert_true(a->others_uj == b->others_uj && a->unattributed_uj == b->unattributed_uj);
    assert_true(a->footprint_uj == b->footprint_uj && a->measured_uj == b->measured_uj &&
                a->modelled_uj == b->modelled_uj);
    assert_true(a->self_max_rss_bytes == b->self_max_rss_bytes && a->events_dropped == b->events_dropped);
    const double x[] = {a->duration_s,
                        a->uncertainty_uj,
                        a->run_uncertainty_uj,
                        a->footprint_uncertainty_uj,
                        a->coverage,
                        a->emissions_g,
                        a->emissions_uncertainty_g,
                        a->embodied_g,
                        a->intensity_g_per_kwh,
                        a->intensity_rel_error,
                        a->pue,
                        a->self_cpu_s,
                        a->self_energy_j};
    const double y[] = {b->duration_s,
                        b->uncertainty_uj,
                        b->run_uncertainty_uj,
                        b->footprint_uncertainty_uj,
                        b->coverage,
                        b->emissions_g,
                        b->emissions_uncertainty_g,
                        b->embodied_g,
                        b->intensity_g_per_kwh,
                        b->intensity_rel_error,
                        b->pue,
                        b->self_cpu_s,
                        b->self_energy_j};
    for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
        same_real(x[i], y[i]);
    }
}

static void same_texts(const struct jb_record *a, const struct jb_record *b)
{
    const char *x[] = {a->id,    a->name, a->project,   a->host,      a->machine_id,   a->parent,
                       a->basis, a->zone, a->zone_name, a->zone_note, a->hardware_json};
    const char *y[] = {b->id,    b->name, b->project,   b->host,      b->machine_id,   b->parent,
                       b->basis, b->zone, b->zone_name, b->zone_note, b->hardware_json};
    for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
        assert_true(jb_streq(x[i], y[i]));
    }
    assert_true(a->tag_count == b->tag_count && a->command_count == b->command_count &&
                a->warning_count == b->warning_count);
    for (size_t i = 0; i < a->tag_count; i++) {
        assert_string_equal(a->tags[i].key, b->tags[i].key);
        assert_string_equal(a->tags[i].value, b->tags[i].value);
    }
    for (size_t i = 0; i < a->command_count; i++) {
        assert_string_equal(a->command[i], b->command[i]);
    }
    for (size_t i = 0; i < a->warning_count; i++) {
        assert_string_equal(a->warnings[i], b->warnings[i]);
    }
    assert_int_equal(a->segment_count, b->segment_count);
    for (size_t i = 0; i < a->segment_count; i++) {
        const struct jb_record_segment *s = &a->segments[i], *t = &b->segments[i];
        assert_true(s->start_ns == t->start_ns && s->end_ns == t->end_ns && s->estimated == t->estimated &&
                    s->energy_uj == t->energy_uj);
        same_real(s->g_per_kwh, t->g_per_kwh);
        same_real(s->age_s, t->age_s);
        assert_string_equal(s->source, t->source);
        assert_string_equal(s->factor, t->factor);
    }
}

static void a_record_comes_back_whole(void **state)
{
    struct jb_diag diag = {0};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_record record, loaded;
    fill_record(&record);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_good(diag, jb_store_end(store, &record, &diag));
    assert_good(diag, jb_store_load(store, ID, &loaded, &diag));
    same_numbers(&record, &loaded);
    same_texts(&record, &loaded);
    same_channels(&record, &loaded);
    jb_record_finish(&loaded);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void a_run_that_began_is_there_and_runs(void **state)
{
    struct jb_diag diag = {0};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_store *reader = open_or_fail(in_folder(state, "a.db"), JB_STORE_READ);
    struct jb_record record, loaded;
    fill_record(&record);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_good(diag, jb_store_load(reader, ID, &loaded, &diag));
    assert_int_equal(loaded.status, JB_RUN_RUNNING);
    assert_int_equal(loaded.ended_ns, 0);
    assert_int_equal(loaded.channel_count, 0);
    assert_true(loaded.duration_s == 0);
    assert_false(loaded.has_signal);
    assert_int_equal(loaded.command_count, 2);
    jb_record_finish(&loaded);
    jb_record_finish(&record);
    jb_store_close(reader);
    jb_store_close(store);
}

static void an_append_is_seen_by_readers_at_once(void **state)
{
    struct jb_diag diag = {0};
    struct random random = {.state = 5};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_store *reader = open_or_fail(in_folder(state, "a.db"), JB_STORE_READ);
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record, loaded;
    uint64_t t_ns = 0;
    make_record(&record, ID, 4);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    for (int i = 0; i < 3; i++) {
        make_chunk(made, &random, &t_ns, 10, 100000000, 4, false, &record);
        jb_record_sum(&record);
        assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
        assert_good(diag, jb_store_load(reader, ID, &loaded, &diag));
        assert_int_equal(loaded.status, JB_RUN_RUNNING);
        assert_true(loaded.machine_uj == record.machine_uj && loaded.machine_uj > 0);
        same_channels(&record, &loaded);
        assert_true(fabs(loaded.duration_s - (double)t_ns / 1e9) < 2e-6);
        jb_record_finish(&loaded);
    }
    jb_record_finish(&record);
    free(made);
    jb_store_close(reader);
    jb_store_close(store);
}

/* The meter appends from a thread that knows the id and the channels only. */
static void an_append_keeps_what_was_said_at_the_beginning(void **state)
{
    struct jb_diag diag = {0};
    struct random random = {.state = 5};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record, bare, loaded;
    uint64_t t_ns = 0;
    fill_record(&record);
    make_record(&bare, ID, 3);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    make_chunk(made, &random, &t_ns, 10, 100000000, 3, false, &bare);
    jb_record_sum(&bare);
    assert_good(diag, jb_store_append(store, &bare, &made->chunk, &diag));
    assert_good(diag, jb_store_load(store, ID, &loaded, &diag));
    record.segments[1].energy_uj =
        bare.footprint_uj - record.segments[0].energy_uj; /* the last has what was used since */
    loaded.segments[1].energy_uj = record.segments[1].energy_uj;
    same_texts(&record, &loaded);
    same_channels(&bare, &loaded);
    assert_true(loaded.pue == 1.2 && loaded.intensity_g_per_kwh == 436 && loaded.intensity_rel_error == 0.1);
    assert_true(loaded.machine_uj == bare.machine_uj && loaded.run_uj == bare.run_uj);
    assert_true(fabs(loaded.duration_s - 1) < 0.01);
    jb_record_finish(&loaded);
    jb_record_finish(&bare);
    jb_record_finish(&record);
    free(made);
    jb_store_close(store);
}

static void a_chunk_without_ticks_updates_the_rows_only(void **state)
{
    struct jb_diag diag = {0};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record, loaded;
    const struct jb_chunk nothing = {0};
    make_record(&record, ID, 1);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    record.channels[0].energy_uj = 42;
    assert_good(diag, jb_store_append(store, &record, &nothing, &diag));
    assert_good(diag, jb_store_load(store, ID, &loaded, &diag));
    assert_int_equal(loaded.channels[0].energy_uj, 42);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM chunk"), 0);
    jb_record_finish(&loaded);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void what_cannot_be_is_refused_and_the_run_goes_on(void **state)
{
    struct jb_diag diag = {0};
    struct random random = {.state = 6};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record, other;
    uint64_t t_ns = 0;
    make_record(&record, ID, 2);
    make_record(&other, "01KBBBBBBBBBBBBBBBBBBBBBBB", 2);
    make_chunk(made, &random, &t_ns, 10, 100000000, 2, false, &record);
    assert_int_equal(jb_store_append(store, &record, &made->chunk, &diag), -EINVAL); /* not begun */
    assert_int_equal(jb_store_end(store, &record, &diag), -EINVAL);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_int_equal(jb_store_begin(store, &other, &diag), -EBUSY);
    assert_int_equal(jb_store_append(store, &other, &made->chunk, &diag), -EINVAL); /* another run */
    assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
    assert_int_equal(jb_store_append(store, &record, &made->chunk, &diag), -EINVAL); /* time stands still */
    make_chunk(made, &random, &t_ns, 10, 100000000, 2, false, &record);
    made->chunk.channel_count = 1;
    assert_int_equal(jb_store_append(store, &record, &made->chunk, &diag), -EINVAL); /* fewer channels */
    made->chunk.channel_count = 2;
    made->channels[1].run_uj++;
    assert_int_equal(jb_store_append(store, &record, &made->chunk, &diag), -EINVAL); /* does not add up */
    make_chunk(made, &random, &t_ns, 10, 100000000, 2, false, &record);
    record.channels[1].number = 0;
    assert_int_equal(jb_store_append(store, &record, &made->chunk, &diag), -EINVAL); /* channels out of order */
    record.channels[1].number = 1;
    assert_good(diag, jb_store_append(store, &record, &made->chunk, &diag));
    assert_int_equal(jb_store_end(store, &record, &diag), -EINVAL); /* no status, no end */
    record.status = JB_RUN_FINISHED;
    record.ended_ns = record.started_ns + (int64_t)t_ns;
    assert_good(diag, jb_store_end(store, &record, &diag));
    assert_int_equal(jb_store_append(store, &record, &made->chunk, &diag), -EINVAL);
    assert_int_equal(jb_store_begin(store, &record, &diag), -EEXIST);
    assert_good(diag, jb_store_begin(store, &other, &diag));
    assert_int_equal(sql_number(path, "SELECT count(*) FROM chunk"), 2);
    jb_record_finish(&record);
    jb_record_finish(&other);
    free(made);
    jb_store_close(store);
}

static void a_run_that_was_deleted_takes_no_more(void **state)
{
    struct jb_diag diag = {0};
    struct random random = {.state = 8};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct made_chunk *made = calloc(1, sizeof(*made));
    struct jb_record record;
    uint64_t t_ns = 0;
    make_record(&record, ID, 2);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    sql_run(path, "PRAGMA foreign_keys = ON; DELETE FROM run");
    make_chunk(made, &random, &t_ns, 10, 100000000, 2, false, &record);
    assert_int_equal(jb_store_append(store, &record, &made->chunk, &diag), -ENOENT);
    assert_int_equal(sql_number(path, "SELECT count(*) FROM chunk"), 0);
    jb_record_finish(&record);
    free(made);
    jb_store_close(store);
}

static void ticks_within_one_microsecond_are_kept_apart(void **state)
{
    struct jb_diag diag = {0};
    const char *path = in_folder(state, "a.db");
    struct jb_store *store = open_or_fail(path, JB_STORE_WRITE);
    struct jb_record record;
    const uint64_t ticks[] = {1000, 1000, 1001, 1999}, values[] = {1, 2, 3, 4};
    const uint64_t later[] = {2500};
    const struct jb_chunk_channel all = {.energy_uj = values, .run_uj = 10}, first = {.energy_uj = values, .run_uj = 1};
    const struct jb_chunk a = {.tick_ns = ticks, .tick_count = 4, .channels = &all, .channel_count = 1};
    const struct jb_chunk b = {
        .t0_ns = 1999, .tick_ns = later, .tick_count = 1, .channels = &first, .channel_count = 1};
    make_record(&record, ID, 1);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_good(diag, jb_store_append(store, &record, &a, &diag));
    assert_good(diag, jb_store_append(store, &record, &b, &diag));
    assert_int_equal(sql_number(path, "SELECT last_us FROM run"), 5);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void arguments_that_are_not_text_are_kept_printable(void **state)
{
    struct jb_diag diag = {0};
    struct jb_store *store = open_or_fail(in_folder(state, "a.db"), JB_STORE_WRITE);
    struct jb_record record, loaded;
    make_record(&record, ID, 0);
    free(record.command[1]);
    record.command[1] = strdup("a\xff\xfe"
                               "b");
    assert_int_equal(jb_record_tag(&record, "k\xff", "v\xc0"), 0);
    assert_good(diag, jb_store_begin(store, &record, &diag));
    assert_good(diag, jb_store_load(store, ID, &loaded, &diag));
    assert_int_equal(loaded.command_count, 2);
    assert_true(jb_starts(loaded.command[1], "a?"));
    assert_int_equal(loaded.tag_count, 1);
    assert_true(jb_starts(loaded.tags[0].value, "v?"));
    jb_record_finish(&loaded);
    jb_record_finish(&record);
    jb_store_close(store);
}

static void a_reader_cannot_write(void **state)
{
    struct jb_diag diag = {0};
    const char *path = in_folder(state, "a.db");
    jb_store_close(open_or_fail(path, JB_STORE_WRITE));
    struct jb_store *store = open_or_fail(path, JB_STORE_READ);
    struct jb_record record;
    struct jb_baseline baseline = {0};
    make_record(&record, ID, 0);
    assert_int_equal(jb_store_begin(store, &record, &diag), -EROFS);
    assert_int_equal(jb_store_append(store, &record, &(struct jb_chunk){0}, &diag), -EINVAL);
    assert_int_equal(jb_store_delete(store, ID, &diag), -EROFS);
    assert_int_equal(jb_store_baseline_put(store, "m", "c", &baseline, &diag), -EROFS);
    jb_record_finish(&record);
    jb_store_close(store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_record_comes_back_whole),
        IN_FOLDER(a_run_that_began_is_there_and_runs),
        IN_FOLDER(an_append_is_seen_by_readers_at_once),
        IN_FOLDER(an_append_keeps_what_was_said_at_the_beginning),
        IN_FOLDER(a_chunk_without_ticks_updates_the_rows_only),
        IN_FOLDER(what_cannot_be_is_refused_and_the_run_goes_on),
        IN_FOLDER(a_run_that_was_deleted_takes_no_more),
        IN_FOLDER(ticks_within_one_microsecond_are_kept_apart),
        IN_FOLDER(arguments_that_are_not_text_are_kept_printable),
        IN_FOLDER(a_reader_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
