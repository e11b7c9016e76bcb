/* SPDX-License-Identifier: Apache-2.0 */
/* Activity records, laid out by hand as cupti_activity.h has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/cupti_records.h"

#include <string.h>

static unsigned char raw[256];
static struct cupti_record record;

static void put32(size_t at, uint32_t value)
{
    memcpy(raw + at, &value, sizeof(value));
}

static void put64(size_t at, uint64_t value)
{
    memcpy(raw + at, &value, sizeof(value));
}

static void fresh(uint32_t kind)
{
    memset(raw, 0xee, sizeof(raw));
    memset(&record, 0x5a, sizeof(record));
    put32(0, kind);
}

static void test_kernel(void **state)
{
    (void)state;
    static const char name[] = "k";
    const char *pointer = name;
    for (uint32_t kind = 3; kind <= 10; kind += 7) {
        fresh(kind);
        put64(16, 1000);
        put64(24, 2000);
        put32(40, 3);
        put32(44, 4);
        put32(48, 5);
        put32(92, 77);
        memcpy(raw + 104, &pointer, sizeof(pointer));
        assert_true(cupti_record_decode(raw, 144, &record));
        assert_int_equal(record.what, CUPTI_SPAN);
        assert_int_equal(record.start, 1000);
        assert_int_equal(record.end, 2000);
        assert_int_equal(record.device, 3);
        assert_int_equal(record.context, 4);
        assert_int_equal(record.stream, 5);
        assert_int_equal(record.correlation, 77);
        assert_ptr_equal(record.name, name);
        assert_true(cupti_record_decode(raw, 112, &record));
        assert_false(cupti_record_decode(raw, 111, &record));
    }
}

static void test_memory(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind;
        size_t correlation_at;
    } cases[] = {{1, 44}, {2, 44}, {22, 60}};
    for (size_t i = 0; i < 3; i++) {
        fresh(cases[i].kind);
        raw[4] = 2;
        put64(16, 10);
        put64(24, 20);
        put32(32, 1);
        put32(36, 2);
        put32(40, 3);
        put32(cases[i].correlation_at, 55);
        assert_true(cupti_record_decode(raw, 96, &record));
        assert_int_equal(record.copy, 2);
        assert_int_equal(record.device, 1);
        assert_int_equal(record.context, 2);
        assert_int_equal(record.stream, 3);
        assert_int_equal(record.correlation, 55);
        assert_false(cupti_record_decode(raw, cases[i].correlation_at + 3, &record));
    }
}

static void test_graph(void **state)
{
    (void)state;
    fresh(51);
    put32(4, 9);
    put64(8, 100);
    put64(16, 200);
    put32(24, 1);
    put32(28, 42);
    put32(32, 2);
    put32(36, 7);
    assert_true(cupti_record_decode(raw, 48, &record));
    assert_int_equal(record.correlation, 9);
    assert_int_equal(record.start, 100);
    assert_int_equal(record.end, 200);
    assert_int_equal(record.graph, 42);
    assert_int_equal(record.stream, 7);
    assert_false(cupti_record_decode(raw, 39, &record));
}

static void test_tie(void **state)
{
    (void)state;
    fresh(39);
    put32(4, 5);
    put64(8, UINT64_C(0x100000007));
    put32(16, 88);
    assert_true(cupti_record_decode(raw, 24, &record));
    assert_int_equal(record.what, CUPTI_TIE);
    assert_int_equal(record.identity, UINT64_C(0x100000007));
    assert_int_equal(record.correlation, 88);
    put32(4, 3); /* PyTorch's profiler */
    assert_true(cupti_record_decode(raw, 24, &record));
    assert_int_equal(record.what, CUPTI_NOTHING);
    assert_false(cupti_record_decode(raw, 23, &record));
}

static void test_own_time(void **state)
{
    (void)state;
    fresh(17);
    put64(24, 5);
    put64(32, 9);
    assert_true(cupti_record_decode(raw, 40, &record));
    assert_int_equal(record.what, CUPTI_OWN_TIME);
    assert_int_equal(record.end - record.start, 4);
    assert_false(cupti_record_decode(raw, 39, &record));
}

static void test_others(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 70; kind++) {
        fresh(kind);
        assert_false(cupti_record_decode(raw, 3, &record));
        if (cupti_record_decode(raw, 4, &record)) {
            assert_int_equal(record.what, CUPTI_NOTHING);
        }
    }
}

static const char *name_of(uint32_t kind, const char *name, uint32_t number)
{
    static char text[64];
    struct cupti_record r = {.kind = kind, .name = name, .copy = number, .graph = number};
    cupti_record_name(&r, text, sizeof(text));
    return text;
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(
        name_of(10, "_ZN2at6native29vectorized_elementwise_kernelILi4ENS0_15CUDAFunctorOnSelf_addIfEEEvv", 0),
        "at::native::vectorized_elementwise_kernel");
    assert_string_equal(name_of(10, "_ZN2at6native46_GLOBAL__N__e4f9b7a7_21_Loops_cu_deadbeef_00006reduceIfEEvv", 0),
                        "at::native::reduce");
    assert_string_equal(name_of(10, "_Z3addPfS_i", 0), "add");
    assert_string_equal(name_of(10, "ampere_sgemm_128x64_nn", 0), "ampere_sgemm_128x64_nn");
    assert_string_equal(name_of(10, "triton_poi_fused_add_cos_sin_0", 0), "triton_poi_fused_add_cos_sin_0");
    assert_string_equal(name_of(10, "_ZN99short", 0), "_ZN99short");
    assert_string_equal(name_of(10, "_Z", 0), "_Z");
    assert_string_equal(name_of(10, "_ZN99999999999999999999999999a", 0), "_ZN99999999999999999999999999a");
    assert_string_equal(name_of(10, "", 0), "");
    assert_string_equal(name_of(10, NULL, 0), "kernel");
    assert_string_equal(name_of(1, NULL, 1), "memcpy HtoD");
    assert_string_equal(name_of(1, NULL, 8), "memcpy DtoD");
    assert_string_equal(name_of(1, NULL, 200), "memcpy");
    assert_string_equal(name_of(22, NULL, 0), "memcpy PtoP");
    assert_string_equal(name_of(2, NULL, 0), "memset");
    assert_string_equal(name_of(51, NULL, 0), "CUDA graph 0");
    assert_string_equal(name_of(51, NULL, UINT32_MAX), "CUDA graph 4294967295");
    static char longest[500];
    memset(longest, 'x', sizeof(longest) - 1);
    assert_int_equal(strlen(name_of(10, longest, 0)), 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernel), cmocka_unit_test(test_memory),   cmocka_unit_test(test_graph),
        cmocka_unit_test(test_tie),    cmocka_unit_test(test_own_time), cmocka_unit_test(test_others),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
