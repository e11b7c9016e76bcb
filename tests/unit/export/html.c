/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report: well-formed whatever the record says, self-contained, honest about gaps and unknowns, legible. */
#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"
#include "export/html.h"
#include "html_check.h"

static char *report(struct fixture *f, struct jb_store *store)
{
    const char *at;
    char *page = fixture_write(&jb_export_html, &f->record, store);
    const char *fault = html_fault(page, &at);
    if (fault) {
        fail_msg("%s: %.60s", fault, at);
    }
    return page;
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (; (text = strstr(text, part)); text += strlen(part)) {
        found++;
    }
    return found;
}

static void has(const char *page, const char *part)
{
    if (!strstr(page, part)) {
        fail_msg("the page has no '%s'", part);
    }
}

static void a_full_report_is_well_formed_and_complete(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_series(&f, 1.0);
    char *page = report(&f, &f.store);
    has(page, "<h1>resnet-50</h1> <span class=\"status finished\">finished</span>");
    has(page, "python3 train.py --epochs 10");
    has(page, "2025-11-22 03:00:00 UTC");
    has(page, "243\xC2\xA0kJ"); /* footprint: 182 kJ and three quarters of 81 kJ */
    has(page, "10\xC2\xA0m\xC2\xA0"
              "00\xC2\xA0s");
    has(page, "26.2\xC2\xA0g\xC2\xA0"
              "CO<sub>2</sub>e");
    has(page, "guessed from the time zone Asia/Seoul");
    has(page, "4.75\xC2\xA0g");
    has(page, "class=\"badge counter\"");
    has(page, "class=\"badge modelled\"");
    has(page, "the same counter as cpu/0/package");
    has(page, "part of cpu/0/package");
    has(page, "no reading for 30 s");
    has(page, "(rapl-perf, nvml)");
    has(page, "(ram-model)");
    assert_int_equal(count(page, "<tr class=\"extra\">"), 2);
    const char *divider = strstr(page, "<tr class=\"divider\">"),
               *sum = strstr(page, "<tr class=\"sum\"><th scope=\"row\">machine</th><td class=\"num\">283</td>");
    assert_true(sum && divider && sum < divider && divider < strstr(page, "<tr class=\"extra\">"));
    assert_true(strstr(page, "<small>gpu/") < sum);
    free(page);
    fixture_finish(&f);
}

static void nothing_is_fetched_or_run(void **state)
{
    static const char *const banned[] = {"<script", "<link",   "<img",    "<iframe",  "<object",     "src=",  "href=",
                                         "url(",    "@import", "http://", "https://", "javascript:", "onload"};
    struct fixture f;
    fixture_init(&f);
    fixture_series(&f, 1.0);
    char *page = report(&f, &f.store);
    for (size_t i = 0; i < sizeof(banned) / sizeof(*banned); i++) {
        if (strstr(page, banned[i])) {
            fail_msg("the page has %s", banned[i]);
        }
    }
    has(page, "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline';");
    free(page);
    fixture_finish(&f);
}

static void the_same_record_gives_the_same_bytes(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_series(&f, 1.0);
    char *one = report(&f, &f.store), *two = report(&f, &f.store);
    assert_string_equal(one, two);
    free(one);
    free(two);
    fixture_finish(&f);
}

static void every_chart_has_a_table(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_series(&f, 1.0);
    char *page = report(&f, &f.store);
    /* machine, GPU, CPU, memory, energy, intensity */
    assert_int_equal(count(page, "<figure>"), 6);
    const char *figure = page;
    while ((figure = strstr(figure, "<figure>"))) {
        const char *end = strstr(figure, "</figure>"), *table = strstr(figure, "<details><summary>");
        assert_non_null(end);
        assert_true(table && table < end);
        figure = end;
    }
    free(page);
    fixture_finish(&f);
}

static void a_gap_is_drawn_as_a_gap(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_series(&f, 1.0);
    char *page = report(&f, &f.store);
    /* one in the legend, one before and one after the gap; the sum over the machine has it too */
    assert_int_equal(count(page, "class=\"line gpu d0\""), 3);
    assert_int_equal(count(page, "class=\"line cpu d0\""), 2);
    assert_int_equal(count(page, "class=\"line total d0\""), 3 + 3 + 2); /* the last: of the grid */
    has(page, "no data");
    free(page);
    fixture_finish(&f);
}

static void without_a_series_it_says_why(void **state)
{
    struct fixture f;
    struct jb_store broken = {.error = -EUCLEAN}, empty = {0};
    fixture_init(&f);
    char *page = report(&f, NULL);
    has(page, "The run was not stored");
    assert_int_equal(count(page, "<figure>"), 1); /* that of the grid */
    free(page);
    page = report(&f, &broken);
    has(page, "the double was told to fail");
    free(page);
    page = report(&f, &empty);
    assert_null(strstr(page, "Power of the machine"));
    free(page);
}

static void a_lost_run_shows_unknown_and_never_zero(void **state)
{
    struct fixture f;
    fixture_init(&f);
    struct jb_record *r = &f.record;
    r->status = JB_RUN_LOST;
    r->ended_ns = 0;
    r->has_exit_code = false;
    r->channel_count = r->segment_count = 0;
    r->machine_uj = r->run_uj = r->footprint_uj = r->idle_uj = r->others_uj = r->unattributed_uj = 0;
    r->coverage = r->duration_s = r->emissions_g = r->emissions_uncertainty_g = r->embodied_g = NAN;
    r->self_cpu_s = r->self_energy_j = r->intensity_g_per_kwh = r->pue = NAN;
    r->self_max_rss_bytes = 0;
    char *page = report(&f, &f.store);
    has(page, "status lost");
    has(page, "The meter died before the run ended");
    has(page, "<dt>Ended</dt><dd>not known</dd>");
    assert_null(strstr(page, ">0\xC2\xA0J<"));
    assert_null(strstr(page, "nan"));
    assert_true(count(page, "unknown") >= 8);
    free(page);
}

static void carbon_says_what_is_estimated_and_whom_to_credit(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_live(&f);
    char *page = report(&f, NULL);
    has(page, "380 \xC2\xB1\xC2\xA0"
              "19.0");
    has(page, "<span class=\"badge counter\">live</span>");
    has(page, "<tr class=\"estimated\">");
    has(page, "<span class=\"badge modelled\">yearly</span> <span class=\"badge modelled\">estimated</span>");
    has(page, "class=\"line total d2\"");                                 /* dotted, in chart and legend */
    has(page, "class=\"line total d0\" points=\"0.0,12.0 500.0,12.0 \""); /* level to its end: a step, no slope */
    has(page, "the mean by energy of 2 segments from 380 to 400; 50.0\xC2\xA0% reported for its time, "
              "50.0\xC2\xA0% from means of a year");
    f.segments[1].age_s = 1500;
    free(page);
    page = report(&f, NULL);
    has(page, "50.0\xC2\xA0% estimated, foretold or held</dd>");
    has(page, ", held for 25\xC2\xA0m\xC2\xA0"
              "00\xC2\xA0s <span class=\"badge modelled\">estimated</span>");
    has(page, "class=\"line total d1\""); /* dashed */
    has(page, "Source: ElectricityMaps.com");
    has(page, "the key is not valid for KR (HTTP 403)<br>kpx: no data");
    has(page, "hourly values came in for 10 min");
    has(page, "2025-11-23 03:00:00 UTC");
    has(page, "29.5\xC2\xA0g");
    has(page, "<dt>Marginal</dt><dd>41.5\xC2\xA0g");
    has(page, "for the 75.0\xC2\xA0% of the energy that it is known for, by watttime");
    has(page, "<dt>Cost</dt><dd>0.0215\xC2\xA0"
              "EUR at 0.290\xC2\xA0"
              "EUR/kWh</dd>");
    assert_int_equal(count(page, "41.5\xC2\xA0g"), 1); /* nowhere in another figure */
    free(page);
    f.record.marginal.known = f.record.cost.known = false;
    f.record.price_count = f.record.step_count = f.record.credit_count = 0;
    page = report(&f, NULL);
    assert_null(strstr(page, "Marginal"));
    assert_null(strstr(page, "<dt>Cost"));
    assert_null(strstr(page, "Former prices"));
    assert_null(strstr(page, "Credits"));
    free(page);
}

static void a_long_table_is_cut_and_says_where_the_rest_is(void **state)
{
    enum { COUNT = 288 };
    struct fixture f;
    fixture_init(&f);
    struct jb_record_segment *segments = calloc(COUNT, sizeof(*segments));
    struct jb_record_price *prices = calloc(30, sizeof(*prices));
    assert_true(segments && prices);
    for (size_t i = 0; i < COUNT; i++) {
        segments[i] = f.segments[0];
        segments[i].start_ns = f.record.started_ns + (int64_t)i * INT64_C(300000000000);
        segments[i].end_ns = segments[i].start_ns + INT64_C(300000000000);
        segments[i].g_per_kwh = 100 + (double)(i % 7);
        segments[i].estimated = i >= COUNT / 2;
    }
    for (size_t i = 0; i < 30; i++) {
        prices[i] = (struct jb_record_price){.until_ns = 1 + (int64_t)i, .emissions_g = 1000 + (double)i};
    }
    f.record.segments = segments;
    f.record.segment_count = COUNT;
    f.record.prices = prices;
    f.record.price_count = 30;
    char *page = report(&f, NULL);
    assert_int_equal(count(page, "<td class=\"when\">2025-11-22 0"), 48);
    has(page, "and 240 more; <code>joulebook export --format csv 01JDA5Z3K8Q4R7T2V9W6X0Y1ZA</code>");
    has(page, "and 6 before them");
    assert_int_equal(count(page, "class=\"line total d0\""), 2); /* one line, and the legend */
    assert_int_equal(count(page, "class=\"line total d1\""), 2);
    assert_true(strlen(page) < 120000);
    free(page);
    segments[COUNT - 1].end_ns = INT64_MAX; /* of a damaged record: no chart of centuries */
    f.record.segments[0].start_ns = INT64_MIN;
    page = report(&f, NULL);
    assert_null(strstr(page, "<figure>"));
    free(page);
    free(prices);
    free(segments);
}

/* Fill every text of the record with what a browser would act on. */
static void hostile_text_is_only_text(void **state)
{
    static char evil[] = "\"><script>alert('1')</script>&lt;\xFF\033[0m";
    struct fixture f;
    fixture_init(&f);
    fixture_series(&f, 5.0);
    struct jb_record *r = &f.record;
    r->name = r->project = r->tags[0].key = r->tags[0].value = r->command[0] = r->warnings[0] = evil;
    jb_copy(r->id, sizeof(r->id), evil);
    jb_copy(r->host, sizeof(r->host), evil);
    jb_copy(r->machine_id, sizeof(r->machine_id), evil);
    jb_copy(r->basis, sizeof(r->basis), evil);
    jb_copy(r->zone, sizeof(r->zone), evil);
    jb_copy(r->zone_name, sizeof(r->zone_name), evil);
    jb_copy(r->zone_note, sizeof(r->zone_note), evil);
    for (size_t i = 0; i < r->channel_count; i++) {
        struct jb_record_channel *c = &r->channels[i];
        jb_copy(c->id, sizeof(c->id), evil);
        jb_copy(c->device, sizeof(c->device), i % 2 ? evil : "cpu");
        jb_copy(c->name, sizeof(c->name), evil);
        jb_copy(c->source, sizeof(c->source), evil);
        jb_copy(c->method, sizeof(c->method), evil);
        jb_copy(c->idle_source, sizeof(c->idle_source), evil);
        jb_copy(c->flag_text, sizeof(c->flag_text), evil);
        jb_copy(c->note, sizeof(c->note), evil);
    }
    for (size_t i = 0; i < r->segment_count; i++) {
        jb_copy(r->segments[i].source, sizeof(r->segments[i].source), evil);
        jb_copy(r->segments[i].factor, sizeof(r->segments[i].factor), evil);
    }
    fixture_live(&f);
    f.steps[0] = f.steps[1] = f.credits[0] = evil;
    jb_copy(f.prices[0].source, sizeof(f.prices[0].source), evil);
    jb_copy(f.prices[0].reason, sizeof(f.prices[0].reason), evil);
    jb_copy(r->marginal.source, sizeof(r->marginal.source), evil);
    jb_copy(r->cost.currency, sizeof(r->cost.currency), "<s>&\xFF");
    char hardware[] = "{\"cpu\":\"<script>\",\"board\":\"</dd><script>\",\"gpus\":[\"<script>\"]}";
    r->hardware_json = hardware;
    char *page = report(&f, &f.store);
    assert_null(strstr(page, "<script"));
    has(page, "&lt;script&gt;");
    free(page);
    fixture_finish(&f);
}

static void hostile_numbers_do_not_break_it(void **state)
{
    static const double odd[] = {INFINITY, -INFINITY, -1, 0, 1e300, 1e-300, 5e-324};
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct fixture f;
        fixture_init(&f);
        fixture_series(&f, 5.0);
        struct jb_record *r = &f.record;
        r->duration_s = r->emissions_g = r->pue = r->intensity_g_per_kwh = r->coverage = r->uncertainty_uj = odd[i];
        r->channels[0].number = -7;
        r->channels[1].number = INT32_MAX;
        r->channels[2].parent = 1000;
        r->channels[3].twin_of = 1000;
        r->channels[4].footprint_uj = UINT64_MAX;
        r->footprint_uj = UINT64_MAX;
        r->started_ns = INT64_MIN;
        r->ended_ns = INT64_MAX;
        r->exit_code = INT32_MIN;
        fixture_live(&f);
        f.segments[0].g_per_kwh = f.segments[1].rel_error = f.prices[0].emissions_g = r->marginal.coverage =
            r->cost.amount = odd[i];
        char *page = report(&f, &f.store);
        free(page);
        fixture_finish(&f);
    }
}

static void many_channels_keep_the_page_small(void **state)
{
    enum { CHANNELS = 64, SECONDS = 600 };
    struct fixture f;
    fixture_init(&f);
    struct jb_record_channel *channels = calloc(CHANNELS, sizeof(*channels));
    struct jb_sample *samples = calloc((size_t)CHANNELS * SECONDS, sizeof(*samples));
    assert_true(channels && samples);
    for (size_t i = 0; i < CHANNELS; i++) {
        channels[i] = f.channels[4];
        channels[i].number = (int)i;
        for (size_t t = 0; t < SECONDS; t++) {
            samples[t * CHANNELS + i] = (struct jb_sample){
                .channel = (int)i,
                .t0_ns = t * 1000000000,
                .t1_ns = (t + 1) * 1000000000,
                .energy_uj = 300000000 + (i * 7919 + t * 104729) % 20000000,
            };
        }
    }
    f.record.channels = channels;
    f.record.channel_count = CHANNELS;
    struct jb_store store = {.samples = samples, .count = (size_t)CHANNELS * SECONDS};
    char *page = report(&f, &store);
    assert_true(strlen(page) < 2u << 20);
    free(page);
    free(samples);
    free(channels);
}

/* Relative luminance and contrast as WCAG 2 defines them. */
static double luminance(unsigned rgb)
{
    double sum = 0;
    static const double weight[] = {0.0722, 0.7152, 0.2126};
    for (unsigned i = 0; i < 3; i++) {
        double part = (rgb >> (8 * i) & 0xFF) / 255.0;
        sum += weight[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(unsigned a, unsigned b)
{
    double la = luminance(a), lb = luminance(b);
    return (fmax(la, lb) + 0.05) / (fmin(la, lb) + 0.05);
}

/* The colour written after `name` in the style sheet, looking from `from` on. */
static unsigned colour(const char *from, const char *name)
{
    const char *at = strstr(from, name);
    assert_non_null(at);
    at += strlen(name);
    unsigned rgb = 0, digits = 0;
    for (; isxdigit((unsigned char)at[digits]); digits++) {
        char digit = at[digits];
        rgb = rgb * 16 + (unsigned)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
    }
    assert_true(digits == 3 || digits == 6);
    return digits == 6 ? rgb : (rgb >> 8) * 0x110000 + (rgb >> 4 & 15) * 0x1100 + (rgb & 15) * 0x11;
}

static void text_and_lines_have_enough_contrast(void **state)
{
    static const char *const text[] = {"--text:#", "--muted:#", "--accent:#", "--bad:#", "--good:#"};
    static const char *const devices[] = {"svg .cpu,svg .run{color:#", "svg .gpu{color:#", "svg .ram{color:#",
                                          "svg .board{color:#"};
    const char *const schemes[] = {jb_html_style, strstr(jb_html_style, "prefers-color-scheme:dark")};
    for (size_t s = 0; s < 2; s++) {
        unsigned background = colour(schemes[s], "--bg:#"), panel = colour(schemes[s], "--panel:#");
        for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
            assert_true(contrast(colour(schemes[s], text[i]), background) >= 4.5);
            assert_true(contrast(colour(schemes[s], text[i]), panel) >= 4.5);
        }
        assert_true(contrast(colour(schemes[s], "--warn:#"), colour(schemes[s], "--warn-bg:#")) >= 4.5);
        assert_true(contrast(colour(schemes[s], "--text:#"), colour(schemes[s], "--warn-bg:#")) >= 4.5);
        for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
            assert_true(contrast(colour(jb_html_style, devices[i]), background) >= 3);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_report_is_well_formed_and_complete),
        cmocka_unit_test(nothing_is_fetched_or_run),
        cmocka_unit_test(the_same_record_gives_the_same_bytes),
        cmocka_unit_test(every_chart_has_a_table),
        cmocka_unit_test(a_gap_is_drawn_as_a_gap),
        cmocka_unit_test(without_a_series_it_says_why),
        cmocka_unit_test(a_lost_run_shows_unknown_and_never_zero),
        cmocka_unit_test(carbon_says_what_is_estimated_and_whom_to_credit),
        cmocka_unit_test(a_long_table_is_cut_and_says_where_the_rest_is),
        cmocka_unit_test(hostile_text_is_only_text),
        cmocka_unit_test(hostile_numbers_do_not_break_it),
        cmocka_unit_test(many_channels_keep_the_page_small),
        cmocka_unit_test(text_and_lines_have_enough_contrast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
