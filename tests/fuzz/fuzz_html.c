/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_html.c - a record made of the fuzzer's bytes, through every format.
 *
 * The first bytes become numbers, the rest strings between NULs, dealt out to every text of a record in turn. What must
 * hold: the page is well-formed and UTF-8, no byte "<" of the input is a "<" of the page, the JSON parses, and each CSV
 * row is as wide as its header. The series comes from the bytes too: this file stands in for the store.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/export/html_check.h"
#include "base/csv.h"
#include "base/text.h"
#include "export/export.h"

#define NUMBER_BYTES 192
#define MAX_TEXT     4096
#define CHANNELS     3

struct jb_store {
    const uint8_t *bytes; /* NUMBER_BYTES of them */
};

struct input {
    const uint8_t *numbers; /* NUMBER_BYTES of them */
    size_t used;
    char text[MAX_TEXT + 1]; /* strings between NULs */
    size_t length, at;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t integer(struct input *in)
{
    uint64_t value;
    memcpy(&value, in->numbers + in->used % (NUMBER_BYTES - sizeof(value)), sizeof(value));
    in->used += 5;
    return value;
}

/* Any double at all, or often one of a likely size. */
static double real(struct input *in)
{
    uint64_t bits = integer(in);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return bits & 1 ? value : (double)(bits >> 40);
}

static char *string(struct input *in)
{
    if (in->at >= in->length) {
        in->at = 0;
    }
    char *text = in->text + in->at;
    in->at += strlen(text) + 1;
    return text;
}

#define TEXT(field) jb_copy(field, sizeof(field), string(in))

static void fill_channel(struct input *in, struct jb_record_channel *c, int number)
{
    TEXT(c->id);
    TEXT(c->device);
    TEXT(c->name);
    TEXT(c->source);
    TEXT(c->method);
    TEXT(c->idle_source);
    TEXT(c->flag_text);
    TEXT(c->note);
    c->number = integer(in) & 1 ? number : (int)integer(in);
    c->in_total = integer(in) & 1;
    c->parent = (int)integer(in);
    c->twin_of = (int)(integer(in) % 5) - 1;
    c->energy_uj = integer(in);
    c->run_uj = integer(in);
    c->footprint_uj = integer(in);
    c->uncertainty_uj = real(in);
    c->covered_ns = integer(in);
    c->gap_ns = integer(in);
    c->update_period_ns = integer(in);
}

static void fill_prices(struct input *in, struct jb_record *r)
{
    r->steps[0] = string(in);
    r->credits[0] = string(in);
    r->prices[0] =
        (struct jb_record_price){.until_ns = (int64_t)integer(in), .emissions_g = real(in), .uncertainty_g = real(in)};
    r->prices[0].intensity_g_per_kwh = real(in);
    TEXT(r->prices[0].source);
    TEXT(r->prices[0].reason);
    r->marginal = (struct jb_record_marginal){.known = integer(in) & 1, .emissions_g = real(in), .coverage = real(in)};
    TEXT(r->marginal.source);
    r->cost = (struct jb_record_cost){.known = integer(in) & 1, .amount = real(in), .per_kwh = real(in)};
    TEXT(r->cost.currency);
}

/* Names are any text. What rows are put together by is one of a few words: two that differ in a "<" alone would make
 * the page with it and that without it differ by more than the "<". */
struct work {
    struct jb_record_phase phases[2];
    struct jb_record_region regions[3];
    struct jb_record_group groups[2];
    struct jb_record_operator operators[3];
};

static const char *word(struct input *in)
{
    static const char *const words[] = {"epoch", "layer", "matmul", "low", "high", "cpu", "", "&amp;\"'>"};
    return words[integer(in) % (sizeof(words) / sizeof(words[0]))];
}
#define WORD(field) jb_copy(field, sizeof(field), word(in))

static void fill_rows(struct input *in, struct work *work)
{
    for (size_t i = 0; i < 2; i++) {
        struct jb_record_phase *p = &work->phases[i];
        *p = (struct jb_record_phase){.duration_s = real(in), .energy_uj = integer(in), .uncertainty_uj = real(in)};
        TEXT(p->name);
        struct jb_record_group *g = &work->groups[i];
        *g = (struct jb_record_group){.calls = integer(in), .time_s = real(in), .uncertainty_uj = real(in)};
        g->energy_uj = integer(in);
        TEXT(g->name);
        WORD(g->kind);
    }
    for (size_t i = 0; i < 3; i++) {
        struct jb_record_region *r = &work->regions[i];
        *r = (struct jb_record_region){.id = (int64_t)integer(in), .start_s = real(in), .duration_s = real(in)};
        r->index = (int64_t)integer(in);
        r->energy_uj = integer(in);
        r->uncertainty_uj = real(in);
        r->emissions_g = real(in);
        r->guessed = integer(in) & 1;
        TEXT(r->name);
        WORD(r->kind);
        struct jb_record_operator *o = &work->operators[i];
        *o = (struct jb_record_operator){.calls = integer(in), .time_s = real(in), .uncertainty_uj = real(in)};
        o->energy_uj = integer(in);
        o->merged = (int)(integer(in) % 3) - 1;
        o->merged_uncertainty_uj = real(in);
        TEXT(o->name);
        WORD(o->class_name);
        WORD(o->device);
        WORD(o->confidence);
    }
}

static void fill_work(struct input *in, struct work *work, struct jb_record_work *w)
{
    fill_rows(in, work);
    *w = (struct jb_record_work){.known = integer(in) & 1, .steps = integer(in), .steps_caught = integer(in)};
    w->caught_s = real(in);
    w->slowdown = real(in);
    w->slowdown_sd = real(in);
    w->lag_s = real(in);
    w->edge_s = real(in);
    w->outside_uj = integer(in);
    w->outside_uncertainty_uj = real(in);
    w->outside_s = real(in);
    w->unattributed_uj = integer(in);
    TEXT(w->sources);
    WORD(w->attribution);
    w->phases = work->phases;
    w->regions = work->regions;
    w->groups = work->groups;
    w->operators = work->operators;
    w->phase_count = integer(in) % 3;
    w->region_count = integer(in) % 4;
    w->group_count = integer(in) % 3;
    w->operator_count = integer(in) % 4;
}

static void fill(struct input *in, struct jb_record *r)
{
    TEXT(r->id);
    TEXT(r->host);
    TEXT(r->machine_id);
    TEXT(r->parent);
    TEXT(r->basis);
    TEXT(r->zone);
    TEXT(r->zone_name);
    TEXT(r->zone_note);
    r->name = string(in);
    r->project = string(in);
    r->hardware_json = string(in);
    r->tags[0] = (struct jb_tag){string(in), string(in)};
    r->command[0] = string(in);
    r->command[1] = string(in);
    r->warnings[0] = string(in);
    for (int i = 0; i < CHANNELS; i++) {
        fill_channel(in, &r->channels[i], i);
    }
    for (size_t i = 0; i < r->segment_count; i++) {
        TEXT(r->segments[i].source);
        TEXT(r->segments[i].factor);
        r->segments[i].start_ns = (int64_t)integer(in);
        r->segments[i].end_ns = r->segments[i].start_ns + (int64_t)(integer(in) >> 24);
        r->segments[i].energy_uj = integer(in);
        r->segments[i].rel_error = real(in);
        r->segments[i].estimated = integer(in) & 1;
        r->segments[i].live = integer(in) & 1;
        r->segments[i].g_per_kwh = real(in);
        r->segments[i].age_s = real(in);
    }
    fill_prices(in, r);
    r->started_ns = (int64_t)integer(in);
    r->ended_ns = (int64_t)integer(in);
    r->duration_s = real(in);
    r->status = (enum jb_run_status)(integer(in) % (JB_RUN_LOST + 1));
    r->has_exit_code = integer(in) & 1;
    r->exit_code = (int)integer(in);
    r->has_signal = integer(in) & 1;
    r->signal = (int)integer(in);
    r->machine_uj = integer(in);
    r->run_uj = integer(in);
    r->idle_uj = integer(in);
    r->others_uj = integer(in);
    r->unattributed_uj = integer(in);
    r->footprint_uj = integer(in);
    r->uncertainty_uj = real(in);
    r->footprint_uncertainty_uj = real(in);
    r->coverage = real(in);
    r->emissions_g = real(in);
    r->embodied_g = real(in);
    r->intensity_g_per_kwh = real(in);
    r->pue = real(in);
    r->self_cpu_s = real(in);
    r->self_energy_j = real(in);
    r->self_max_rss_bytes = integer(in);
    r->events_dropped = integer(in);
}

int jb_store_series(struct jb_store *store, const char *id, jb_sample_fn fn, void *context, struct jb_diag *diag)
{
    struct input in = {.numbers = store->bytes};
    int r = 0;
    for (int i = 0; i < 8 && r == 0; i++) {
        struct jb_sample sample = {
            .channel = (int)(integer(&in) % 5) - 1,
            .t0_ns = integer(&in),
            .t1_ns = integer(&in),
            .energy_uj = integer(&in),
            .run_uj = integer(&in),
        };
        r = fn(context, &sample);
    }
    return r;
}

int jb_store_marks(struct jb_store *store, const char *id, struct jb_marks *ret, struct jb_diag *diag)
{
    struct input in = {.numbers = store->bytes, .used = 11};
    ret->marks = calloc(3, sizeof(*ret->marks));
    ret->count = ret->marks == NULL ? 0 : 3;
    for (size_t i = 0; i < ret->count; i++) {
        ret->marks[i].t_ns = integer(&in) >> (i % 2 ? 0 : 30);
        ret->marks[i].wall_ns = (int64_t)integer(&in);
    }
    return 0;
}

void jb_marks_finish(struct jb_marks *marks)
{
    free(marks->marks);
    *marks = (struct jb_marks){0};
}

int jb_store_slices(struct jb_store *store, const char *id, uint64_t t0_ns, uint64_t t1_ns, size_t count,
                    size_t channel_count, struct jb_slice *ret, struct jb_diag *diag)
{
    struct input in = {.numbers = store->bytes};
    for (size_t i = 0; i < count * channel_count; i++) {
        if (i >= 400) { /* the rest repeats: enough to draw, little to wait for */
            ret[i] = ret[i - 400];
            continue;
        }
        ret[i] = (struct jb_slice){real(&in), real(&in), real(&in), real(&in), real(&in)};
    }
    return 0;
}

static char *written(const char *format, const struct jb_record *record, struct jb_store *store)
{
    struct jb_export_input input = {.record = record, .store = store};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out || jb_export_find(format)->write(&input, out, NULL) != 0 || fclose(out) != 0) {
        abort();
    }
    return text;
}

static size_t count_open(const char *page)
{
    size_t count = 0;
    for (; *page; page++) {
        count += *page == '<';
    }
    return count;
}

static void check_csv(char *text)
{
    char *fields[64];
    struct jb_csv csv;
    jb_csv_init(&csv, text);
    int columns = jb_csv_row(&csv, fields, 64), got;
    while ((got = jb_csv_row(&csv, fields, 64)) > 0) {
        if (got != columns) {
            abort();
        }
    }
    if (columns < 2 || got != 0) {
        abort();
    }
    free(text);
}

/* Through all formats; how many "<" the page has. */
static size_t check(struct input *in, struct jb_store *store)
{
    struct jb_record_channel channels[CHANNELS];
    struct jb_record_segment segments[2];
    struct jb_tag tags[1];
    struct jb_record_price prices[1];
    char *command[2], *warnings[1], *steps[1], *credits[1];
    struct jb_record record = {.channels = channels,
                               .channel_count = CHANNELS,
                               .segments = segments,
                               .tags = tags,
                               .tag_count = 1,
                               .command = command,
                               .command_count = 2,
                               .warnings = warnings,
                               .warning_count = 1,
                               .steps = steps,
                               .step_count = 1,
                               .credits = credits,
                               .credit_count = 1,
                               .prices = prices,
                               .price_count = 1};
    const char *at;
    json_error_t error;
    struct work work;
    memset(channels, 0, sizeof(channels));
    memset(segments, 0, sizeof(segments));
    record.segment_count = integer(in) % 3;
    fill(in, &record);
    fill_work(in, &work, &record.work);

    char *page = written("html", &record, store);
    size_t open = count_open(page);
    if (html_fault(page, &at)) {
        abort();
    }
    free(page);
    char *json = written("json", &record, NULL);
    json_t *root = json_loads(json, 0, &error);
    if (!root) {
        abort();
    }
    json_decref(root);
    free(json);
    check_csv(written("csv", &record, store));
    check_csv(written("summary", &record, NULL));
    check_csv(written("codecarbon", &record, NULL));
    return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t numbers[NUMBER_BYTES] = {0};
    struct input in = {.numbers = numbers};
    size_t head = size < NUMBER_BYTES ? size : NUMBER_BYTES;
    memcpy(numbers, data, head);
    in.length = size - head < MAX_TEXT ? size - head : MAX_TEXT;
    memcpy(in.text, data + head, in.length);
    struct jb_store store = {.bytes = numbers};
    size_t with = check(&in, &store);

    in.used = in.at = 0;
    for (size_t i = 0; i < in.length; i++) {
        in.text[i] = in.text[i] == '<' ? 'Z' : in.text[i];
    }
    if (check(&in, &store) != with) {
        abort();
    }
    return 0;
}
