/* SPDX-License-Identifier: Apache-2.0 */
/* The injection as one copy of NVTX in a program sees it: tables of pointers, filled by us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "double.h"

#include "probe/native.h"
#include "probe/probe.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef void (*function)(void);
int InitializeInjectionNvtx2(const void *(*get)(uint32_t));

/* nvtxEventAttributes_v2 by hand: size at 2, type of the message at 32, message at 40. */
struct attributes {
    uint16_t version, size;
    uint32_t words[7];
    int32_t message_type;
    const void *message;
};
_Static_assert(offsetof(struct attributes, message_type) == 32 && offsetof(struct attributes, message) == 40,
               "as above");

static function core_functions[17], core2_functions[17];
static function *core[18], *core2[18];
static unsigned core_size, core2_size;

static int get_functions(int module, function ***table, unsigned *size)
{
    if (module == 1) {
        *table = core;
        *size = core_size;
        return 1;
    }
    if (module == 5) {
        *table = core2;
        *size = core2_size;
        return 1;
    }
    return 0;
}

static struct {
    size_t size;
    int (*get)(int, function ***, unsigned *);
} callbacks;

static const void *get_table(uint32_t table)
{
    return table == 1 ? &callbacks : NULL;
}

#define CALL(table, number, type, ...) (((type)table##_functions[number])(__VA_ARGS__))
typedef int (*push_ascii_fn)(const char *);
typedef int (*push_wide_fn)(const wchar_t *);
typedef int (*push_fn)(const struct attributes *);
typedef int (*pop_fn)(void);
typedef uint64_t (*start_ascii_fn)(const char *);
typedef void (*end_fn)(uint64_t);
typedef void *(*domain_fn)(const char *);
typedef void *(*string_fn)(void *, const char *);
typedef int (*domain_push_fn)(void *, const struct attributes *);
typedef int (*domain_pop_fn)(void *);
typedef uint64_t (*domain_start_fn)(void *, const struct attributes *);
typedef void (*domain_end_fn)(void *, uint64_t);

static struct attributes ascii(const char *text)
{
    return (struct attributes){.version = 3, .size = 48, .message_type = 1, .message = text};
}

static struct attributes registered(void *string)
{
    return (struct attributes){.version = 3, .size = 48, .message_type = 3, .message = string};
}

static int setup(void **state)
{
    (void)state;
    double_reset();
    probe_native_ring(JB_PATH_NVTX, JB_EVENT_RANGE);
    double_reset();
    memset(core_functions, 0, sizeof(core_functions));
    memset(core2_functions, 0, sizeof(core2_functions));
    for (unsigned i = 1; i < 16; i++) {
        core[i] = &core_functions[i];
        core2[i] = &core2_functions[i];
    }
    core_size = core2_size = 16;
    callbacks.size = sizeof(callbacks);
    callbacks.get = get_functions;
    return 0;
}

static void init(void)
{
    assert_int_equal(InitializeInjectionNvtx2(get_table), 1);
}

static void test_core(void **state)
{
    (void)state;
    init();
    assert_int_equal(double_state.attached, JB_PATH_NVTX);
    assert_null(core_functions[1]); /* marks */
    assert_int_equal(CALL(core, 9, push_ascii_fn, "step"), -2);
    assert_int_equal(CALL(core, 10, push_wide_fn, L"w\u00e9"), -2);
    assert_int_equal(CALL(core, 11, pop_fn), -2);
    assert_int_equal(CALL(core, 11, pop_fn), -2);
    assert_int_equal(CALL(core, 11, pop_fn), -2); /* one too many */
    assert_string_equal(double_state.log, "[step [w\u00e9 ] ]");
}

static void test_operators(void **state)
{
    (void)state;
    init();
    CALL(core, 9, push_ascii_fn, "aten::mm, seq = 1");
    CALL(core, 11, pop_fn);
    double_state.pytorch = true; /* tells of its operators itself */
    CALL(core, 9, push_ascii_fn, "aten::mm, seq = 2");
    CALL(core, 11, pop_fn);
    CALL(core, 9, push_ascii_fn, "mine");
    CALL(core, 11, pop_fn);
    assert_string_equal(double_state.log, "<aten::mm > [mine ]");
}

static void test_below_full(void **state)
{
    (void)state;
    init();
    double_state.level = JB_LEVEL_MARKS;
    CALL(core, 9, push_ascii_fn, "outer");
    CALL(core, 9, push_ascii_fn, "aten::mm, seq = 1");
    CALL(core, 11, pop_fn);
    CALL(core, 11, pop_fn);
    assert_string_equal(double_state.log, "(1) [outer ]");
}

static void test_texts_are_interned_once(void **state)
{
    (void)state;
    init();
    for (int i = 0; i < 10; i++) {
        CALL(core, 9, push_ascii_fn, "interned once");
        CALL(core, 11, pop_fn);
    }
    assert_int_equal(double_state.interned, 1);
    char text[] = "same place 0";
    for (int i = 0; i < 3; i++) {
        text[11] = (char)('0' + i); /* one address, other texts */
        CALL(core, 9, push_ascii_fn, text);
        CALL(core, 11, pop_fn);
    }
    assert_non_null(strstr(double_state.log, "[same place 0 ] [same place 1 ] [same place 2 ]"));
}

static int push_at(void *domain, struct attributes attributes)
{
    return CALL(core2, 4, domain_push_fn, domain, &attributes);
}

static void test_domains(void **state)
{
    (void)state;
    init();
    void *a = CALL(core2, 12, domain_fn, "solver");
    void *b = CALL(core2, 12, domain_fn, "NCCL");
    assert_ptr_equal(CALL(core2, 12, domain_fn, "solver"), a);
    assert_ptr_not_equal(a, b);
    push_at(a, ascii("assemble"));
    push_at(b, ascii("ncclAllReduce"));
    CALL(core2, 5, domain_pop_fn, a);
    CALL(core2, 5, domain_pop_fn, b);
    push_at(NULL, ascii("default"));
    CALL(core, 11, pop_fn); /* the default domain is the one of the core functions */
    assert_string_equal(double_state.log, "[solver: assemble <ncclAllReduce > ] [default ]");
}

static void test_registered(void **state)
{
    (void)state;
    init();
    void *tsl = CALL(core2, 12, domain_fn, "TSL");
    void *thunk = CALL(core2, 10, string_fn, tsl, "Thunk:#name=jvp(Dense)/dot_general,hlo_op=gemm.3#");
    assert_ptr_equal(CALL(core2, 10, string_fn, tsl, "Thunk:#name=jvp(Dense)/dot_general,hlo_op=gemm.3#"), thunk);
    void *module = CALL(core2, 10, string_fn, tsl, "XlaModule:#hlo_module=jit_step,program_id=2#");
    push_at(tsl, registered(module));
    for (int i = 0; i < 2; i++) {
        push_at(tsl, registered(thunk));
        CALL(core2, 5, domain_pop_fn, tsl);
    }
    CALL(core2, 5, domain_pop_fn, tsl);
    assert_string_equal(
        double_state.log,
        "[XlaModule: jit_step <xla::gemm [jvp(Dense)/dot_general] > <xla::gemm [jvp(Dense)/dot_general] > ]");
    assert_int_equal(double_state.interned, 2);
    assert_int_equal(double_state.pushed, 2);
    assert_int_equal(double_state.origin, JB_KERNEL_FORWARD);
}

static void test_odd_messages(void **state)
{
    (void)state;
    init();
    push_at(NULL, registered(NULL));
    push_at(NULL, ascii(NULL));
    push_at(NULL, (struct attributes){.version = 3, .size = 48, .message_type = 77});
    struct attributes small = ascii("too small");
    small.size = 16;
    push_at(NULL, small);
    CALL(core, 8, push_fn, NULL);
    CALL(core, 9, push_ascii_fn, NULL);
    for (int i = 0; i < 6; i++) {
        CALL(core, 11, pop_fn);
    }
    assert_string_equal(double_state.log, "[ [ [ [ [ [ ] ] ] ] ] ]");
}

static void test_ranges_on_one_thread(void **state)
{
    (void)state;
    init();
    uint64_t a = CALL(core, 5, start_ascii_fn, "a");
    uint64_t b = CALL(core, 5, start_ascii_fn, "b");
    assert_true(a != 0 && b != 0 && a != b);
    CALL(core, 7, end_fn, a);
    assert_string_equal(double_state.log, "[a [b");
    CALL(core2, 3, domain_end_fn, NULL, b);
    assert_string_equal(double_state.log, "[a [b ] ]");
    CALL(core, 7, end_fn, 0);
    CALL(core, 7, end_fn, UINT64_MAX);
    assert_string_equal(double_state.log, "[a [b ] ]");
}

static void *end_elsewhere(void *range)
{
    CALL(core, 7, end_fn, *(uint64_t *)range);
    return NULL;
}

static void test_range_ended_by_another_thread(void **state)
{
    (void)state;
    init();
    uint64_t a = CALL(core, 5, start_ascii_fn, "a");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, end_elsewhere, &a), 0);
    pthread_join(thread, NULL);
    assert_string_equal(double_state.log, "[a"); /* its own thread ends it with its next call */
    CALL(core, 9, push_ascii_fn, "next");
    CALL(core, 11, pop_fn);
    assert_string_equal(double_state.log, "[a ] [next ]");
}

static void test_odd_tables(void **state)
{
    (void)state;
    assert_int_equal(InitializeInjectionNvtx2(NULL), 1);
    callbacks.size = 4;
    init();
    assert_null(core_functions[9]);
    callbacks.size = sizeof(callbacks);
    core_size = 10; /* an older client: pop is not there */
    core[8] = NULL;
    init();
    assert_non_null(core_functions[9]);
    assert_null(core_functions[8]);
    assert_null(core_functions[11]);
}

static void test_not_wanted(void **state)
{
    (void)state;
    double_state.forbidden = JB_PATH_NVTX;
    init();
    assert_null(core_functions[9]);
    double_reset();
    double_state.ring = false;
    init();
    assert_null(core_functions[9]);
    assert_int_equal(double_state.attached, 0);
}

static void test_several_copies(void **state)
{
    (void)state;
    init();
    function before = core_functions[9];
    memset(core_functions, 0, sizeof(core_functions));
    init();
    assert_ptr_equal(core_functions[9], before);
}

static void test_too_many_strings(void **state)
{
    (void)state;
    init();
    char text[32];
    void *last = NULL;
    for (int i = 0; i < 33000; i++) {
        snprintf(text, sizeof(text), "s%dx", i);
        last = CALL(core2, 10, string_fn, NULL, text);
    }
    assert_null(last);
    push_at(NULL, registered(last));
    CALL(core, 11, pop_fn);
    assert_string_equal(double_state.log, "[ ]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_core, setup),
        cmocka_unit_test_setup(test_operators, setup),
        cmocka_unit_test_setup(test_below_full, setup),
        cmocka_unit_test_setup(test_texts_are_interned_once, setup),
        cmocka_unit_test_setup(test_domains, setup),
        cmocka_unit_test_setup(test_registered, setup),
        cmocka_unit_test_setup(test_odd_messages, setup),
        cmocka_unit_test_setup(test_ranges_on_one_thread, setup),
        cmocka_unit_test_setup(test_range_ended_by_another_thread, setup),
        cmocka_unit_test_setup(test_odd_tables, setup),
        cmocka_unit_test_setup(test_not_wanted, setup),
        cmocka_unit_test_setup(test_several_copies, setup),
        cmocka_unit_test_setup(test_too_many_strings, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
