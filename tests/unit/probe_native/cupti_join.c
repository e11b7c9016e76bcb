/* SPDX-License-Identifier: Apache-2.0 */
/* From records to spans: ties from any side, order, overlaps, what is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "double.h"

#include "probe/cupti_join.h"
#include "trace/writer.h"

#include <stdio.h>
#include <string.h>

#define S UINT64_C(1000000000)

static struct cupti_join *join;
static struct cupti_clock clock_;
static uint32_t mm, relu;

static int setup(void **state)
{
    (void)state;
    double_reset();
    join = cupti_join_create();
    assert_non_null(join);
    clock_ = (struct cupti_clock){.points = {{1000 * S, 10 * S, 5}}, .count = 1};
    mm = jb_wire_intern(NULL, "aten::mm");
    relu = jb_wire_intern(NULL, "aten::relu");
    return 0;
}

/* Times in us after the point at which both clocks were read. */
static void kernel_on(uint32_t correlation, uint32_t device, uint32_t stream, uint64_t start, uint64_t end)
{
    const struct cupti_record record = {.what = CUPTI_SPAN,
                                        .kind = CUPTI_CONCURRENT_KERNEL,
                                        .correlation = correlation,
                                        .start = 1000 * S + start * 1000,
                                        .end = 1000 * S + end * 1000,
                                        .device = device,
                                        .stream = stream,
                                        .name = "_Z3k10Pf"};
    cupti_join_add(join, NULL, &record);
}

static void kernel(uint32_t correlation, uint64_t start, uint64_t end)
{
    kernel_on(correlation, 0, 7, start, end);
}

static void tie(uint32_t correlation, uint64_t identity)
{
    const struct cupti_record record = {.what = CUPTI_TIE, .correlation = correlation, .identity = identity};
    cupti_join_add(join, NULL, &record);
}

static void write_all(void)
{
    cupti_join_write(join, NULL, &clock_, true);
}

static void test_ties_from_both_sides(void **state)
{
    (void)state;
    tie(1, (uint64_t)JB_KERNEL_BACKWARD << 32 | mm);
    kernel(1, 10, 20);
    kernel(2, 20, 30); /* before its tie */
    tie(2, (uint64_t)JB_KERNEL_FORWARD << 32 | relu);
    kernel(3, 40, 50); /* of nobody */
    write_all();
    assert_int_equal(double_state.span_count, 3);
    assert_string_equal(double_state.spans[0].name, "aten::mm");
    assert_int_equal(double_state.spans[0].origin, JB_KERNEL_BACKWARD);
    assert_int_equal(double_state.spans[0].t0_ns, 10 * S + 10000);
    assert_int_equal(double_state.spans[0].t1_ns, 10 * S + 20000);
    assert_string_equal(double_state.spans[1].name, "aten::relu");
    assert_int_equal(double_state.spans[1].origin, JB_KERNEL_FORWARD);
    assert_string_equal(double_state.spans[2].name, "k10");
    assert_int_equal(double_state.spans[2].origin, JB_KERNEL_UNKNOWN);
    struct cupti_join_sums sums;
    cupti_join_sums(join, &sums);
    assert_int_equal(sums.written, 3);
    assert_int_equal(sums.untied, 1);
    assert_int_equal(sums.lost, 0);
}

static void test_order(void **state)
{
    (void)state;
    kernel_on(3, 0, 8, 15, 25);
    kernel_on(2, 0, 7, 30, 40);
    kernel_on(4, 1, 7, 5, 6);
    kernel_on(1, 0, 7, 10, 20);
    cupti_join_device(join, 0, "0000:41:00.0");
    write_all();
    assert_int_equal(double_state.span_count, 4);
    assert_int_equal(double_state.devices_opened, 3);
    uint64_t last[4] = {0};
    for (unsigned i = 0; i < 4; i++) {
        const struct double_span *span = &double_state.spans[i];
        assert_true(span->t0_ns >= last[span->stream]);
        last[span->stream] = span->t1_ns;
        assert_string_equal(span->device_id, span->device == 0 ? "0000:41:00.0" : "");
    }
}

static void test_overlaps_are_cut(void **state)
{
    (void)state;
    kernel(1, 10, 20);
    kernel(2, 18, 30);
    kernel(3, 25, 29); /* inside */
    write_all();
    assert_int_equal(double_state.span_count, 2);
    assert_int_equal(double_state.spans[1].t0_ns, 10 * S + 20000);
    assert_int_equal(double_state.spans[1].t1_ns, 10 * S + 30000);
    assert_int_equal(double_state.gpu_lost, 1);
    kernel(4, 5, 9); /* came after its time was written */
    write_all();
    assert_int_equal(double_state.span_count, 2);
    assert_int_equal(double_state.gpu_lost, 2);
}

static void test_bad_times(void **state)
{
    (void)state;
    struct cupti_record record = {.what = CUPTI_SPAN, .kind = CUPTI_MEMSET};
    cupti_join_add(join, NULL, &record); /* CUPTI could not tell */
    record.start = 1000 * S;
    cupti_join_add(join, NULL, &record);
    record.end = 1000 * S;
    cupti_join_add(join, NULL, &record);
    record.start = 5;
    record.end = 9; /* far from all that was read */
    cupti_join_add(join, NULL, &record);
    write_all();
    assert_int_equal(double_state.span_count, 0);
    assert_int_equal(double_state.gpu_lost, 4);
}

static void test_bad_identities(void **state)
{
    (void)state;
    tie(1, UINT64_MAX);
    kernel(1, 10, 20);
    tie(2, (uint64_t)JB_KERNEL_DATA << 32 | JB_WIRE_NAMES);
    kernel(2, 20, 30);
    write_all();
    assert_int_equal(double_state.span_count, 2);
    assert_string_equal(double_state.spans[0].name, "?"); /* number 0: it was thought to be tied */
    assert_int_equal(double_state.spans[0].origin, JB_KERNEL_UNKNOWN);
}

static void test_ids_come_round(void **state)
{
    (void)state;
    tie(5, mm);
    tie(5 + CUPTI_MOST_TIES, relu); /* has its place */
    kernel(5, 10, 20);
    kernel(5 + CUPTI_MOST_TIES, 20, 30);
    write_all();
    assert_string_equal(double_state.spans[0].name, "k10");
    assert_string_equal(double_state.spans[1].name, "aten::relu");
}

static void test_kept_while_others_may_come(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CUPTI_MOST_SPANS / 4; i++) {
        kernel(i, 10 + i, 11 + i);
    }
    cupti_join_write(join, NULL, &clock_, false); /* all of the last second */
    assert_int_equal(double_state.span_count, 0);
    kernel(99999, 1010000, 1010001);
    cupti_join_write(join, NULL, &clock_, false);
    assert_int_equal(double_state.span_count, DOUBLE_MOST); /* more than the double keeps */
    struct cupti_join_sums sums;
    cupti_join_sums(join, &sums);
    assert_in_range(sums.written, 9000, 11000);
    assert_int_equal(sums.lost, 0);
    write_all();
    cupti_join_sums(join, &sums);
    assert_int_equal(sums.written, CUPTI_MOST_SPANS / 4 + 1);
    assert_int_equal(double_state.gpu_lost, 0);
}

static void test_full(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CUPTI_MOST_SPANS + 10; i++) {
        kernel(i, 10 + i, 11 + i);
    }
    assert_int_equal(double_state.gpu_lost, 10);
    cupti_join_write(join, NULL, &clock_, false); /* too full to wait */
    struct cupti_join_sums sums;
    cupti_join_sums(join, &sums);
    assert_int_equal(sums.written, CUPTI_MOST_SPANS);
}

static void test_too_many_streams(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CUPTI_MOST_STREAMS + 3; i++) {
        kernel_on(i, i % 2 ? UINT32_MAX : 0, i, 10, 20);
    }
    write_all();
    assert_int_equal(double_state.span_count, CUPTI_MOST_STREAMS);
    assert_int_equal(double_state.gpu_lost, 3);
    write_all();
    assert_int_equal(double_state.devices_opened, CUPTI_MOST_STREAMS); /* opened once */
}

static void test_own_time_and_graphs(void **state)
{
    (void)state;
    struct cupti_record record = {.what = CUPTI_OWN_TIME, .start = 100, .end = 400};
    cupti_join_add(join, NULL, &record);
    record.end = 50;
    cupti_join_add(join, NULL, &record);
    record = (struct cupti_record){
        .what = CUPTI_SPAN, .kind = CUPTI_GRAPH_TRACE, .start = 1000 * S, .end = 1001 * S, .graph = 12};
    cupti_join_add(join, NULL, &record);
    write_all();
    struct cupti_join_sums sums;
    cupti_join_sums(join, &sums);
    assert_int_equal(sums.own_ns, 300);
    assert_true(sums.graphs);
    assert_string_equal(double_state.spans[0].name, "CUDA graph 12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ties_from_both_sides, setup),
        cmocka_unit_test_setup(test_order, setup),
        cmocka_unit_test_setup(test_overlaps_are_cut, setup),
        cmocka_unit_test_setup(test_bad_times, setup),
        cmocka_unit_test_setup(test_bad_identities, setup),
        cmocka_unit_test_setup(test_ids_come_round, setup),
        cmocka_unit_test_setup(test_kept_while_others_may_come, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_too_many_streams, setup),
        cmocka_unit_test_setup(test_own_time_and_graphs, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
