/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - a made-up run for the tests of export/, and a store that knows only its series.
 *
 * The record and all it points to lie within the fixture: nothing is to be freed. The double defines jb_store_series(),
 * jb_store_slices() and jb_store_marks(), so that a test decides what the database says.
 */
#ifndef JB_TEST_EXPORT_FIXTURE_H
#define JB_TEST_EXPORT_FIXTURE_H

#include <stdio.h>

#include "export/export.h"
#include "export/formats.h"

#define FIXTURE_CHANNELS 6

struct jb_store {
    const struct jb_sample *samples; /* in order of time, then channel */
    size_t count;
    int error;                         /* what all calls fail with; 0 */
    const struct jb_store_mark *marks; /* without channels */
    size_t mark_count;
};

struct fixture {
    struct jb_record record;
    struct jb_record_channel channels[FIXTURE_CHANNELS];
    struct jb_record_segment segments[2];
    struct jb_tag tags[2];
    char *command[4];
    char *warnings[2];
    char *steps[2], *credits[1];
    struct jb_record_price prices[1];
    struct jb_record_phase phases[4];
    struct jb_record_region regions[8];
    struct jb_record_group groups[3];
    struct jb_record_operator operators[6];
    struct jb_store store;
    struct jb_sample *samples; /* of fixture_series(); freed by fixture_finish() */
};

/* 600 s of training: GPU 0 (counter), two CPU packages (counter), memory (modelled), a core domain below package 0, and
 * a twin of package 0. Totals and channels fit together to the microjoule. */
void fixture_init(struct fixture *fixture);
void fixture_series(struct fixture *fixture, double interval_s); /* give it a series, with a gap in the GPU's */
void fixture_live(struct fixture *fixture); /* steps, credits, a former price, a marginal, a cost; live values */
/* What the run did with its energy: six epochs that fall, in the first a region; two operators that cannot be told
 * apart, one of low confidence, two devices. Conserved to the microjoule. */
void fixture_work(struct fixture *fixture);
void fixture_finish(struct fixture *fixture);

/* What a format writes for this input, malloc'd; fails the test when the writer fails. */
char *fixture_write(const struct jb_export_format *format, const struct jb_record *record, struct jb_store *store);

/* The text of column `name` in row `row` (1: the first below the header) of a CSV, malloc'd; NULL when there is no such
 * column or row. */
char *fixture_csv(const char *csv, const char *name, unsigned row);

#endif
