/* SPDX-License-Identifier: Apache-2.0 */
/* The collector as static parts of ITT see it: made up here from itt_abi.h, several in one process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "double.h"

#include "probe/itt_abi.h"
#include "probe/itt_objects.h"
#include "probe/native.h"
#include "probe/probe.h"

#include <stdio.h>
#include <string.h>

void __itt_api_init(struct itt_global *global, int groups);
void __itt_api_fini(struct itt_global *global);

enum { GROUP_STRUCTURE = 1 << 13, GROUP_SYNC = 1 << 5 };

/* Where a static part keeps its pointers, typed as its header has them. */
struct part {
    struct itt_domain *(*domain_create)(const char *);
    struct itt_string *(*string_handle_create)(const char *);
    void (*task_begin)(const struct itt_domain *, struct itt_id, struct itt_id, struct itt_string *);
    void (*task_begin_fn)(const struct itt_domain *, struct itt_id, struct itt_id, void *);
    void (*task_end)(const struct itt_domain *);
    void (*frame_begin)(const struct itt_domain *, struct itt_id *);
    void (*frame_end)(const struct itt_domain *, struct itt_id *);
    void (*sync_create)(void *, const char *, const char *, int);
    struct itt_api apis[9];
    struct itt_global global;
};

static struct itt_domain *null_domain_create(const char *name)
{
    (void)name;
    return NULL;
}

static void null_sync(void *address, const char *type, const char *name, int attribute)
{
    (void)address;
    (void)type;
    (void)name;
    (void)attribute;
}

static const struct itt_id no_id;

static void make_part(struct part *p)
{
    memset(p, 0, sizeof(*p));
    p->domain_create = null_domain_create;
    p->sync_create = null_sync;
    const struct itt_api apis[] = {
        {"__itt_domain_create", (void (**)(void)) & p->domain_create, NULL, (void (*)(void))null_domain_create,
         GROUP_STRUCTURE},
        {"__itt_string_handle_create", (void (**)(void)) & p->string_handle_create, NULL, NULL, GROUP_STRUCTURE},
        {"__itt_task_begin", (void (**)(void)) & p->task_begin, NULL, NULL, GROUP_STRUCTURE},
        {"__itt_task_begin_fn", (void (**)(void)) & p->task_begin_fn, NULL, NULL, GROUP_STRUCTURE},
        {"__itt_task_end", (void (**)(void)) & p->task_end, NULL, NULL, GROUP_STRUCTURE},
        {"__itt_frame_begin_v3", (void (**)(void)) & p->frame_begin, NULL, NULL, GROUP_STRUCTURE},
        {"__itt_frame_end_v3", (void (**)(void)) & p->frame_end, NULL, NULL, GROUP_STRUCTURE},
        {"__itt_sync_create", (void (**)(void)) & p->sync_create, NULL, (void (*)(void))null_sync, GROUP_SYNC},
        {0},
    };
    memcpy(p->apis, apis, sizeof(apis));
    memcpy(p->global.magic, ITT_MAGIC, 8);
    p->global.version_major = 3;
    p->global.apis = p->apis;
}

static int setup(void **state)
{
    (void)state;
    double_reset();
    probe_native_ring(JB_PATH_ITT, JB_EVENT_RANGE);
    double_reset();
    return 0;
}

static void test_onednn(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    assert_int_equal(double_state.attached, JB_PATH_ITT);
    struct itt_domain *domain = p.domain_create("dnnl::primitive::execute");
    struct itt_string *conv = p.string_handle_create("convolution");
    assert_int_equal(domain->flags, 1);
    assert_string_equal(domain->name, "dnnl::primitive::execute");
    assert_string_equal(conv->text, "convolution");
    for (int i = 0; i < 3; i++) {
        p.task_begin(domain, no_id, no_id, conv);
        p.task_end(domain);
    }
    assert_string_equal(double_state.log, "<convolution > <convolution > <convolution >");
    assert_int_equal(double_state.interned, 1); /* then its number is known */
}

static void test_onednn_3(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    struct itt_domain *domain = p.domain_create("dnnl.execute.matmul");
    p.task_begin(domain, no_id, no_id, p.string_handle_create("cpu,matmul,brg:avx512_core,undef,src_f32:a:any"));
    p.task_end(domain);
    assert_string_equal(double_state.log, "<matmul >");
}

static void test_others_are_ranges(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    struct itt_domain *a = p.domain_create("game");
    struct itt_domain *b = p.domain_create("sound");
    struct itt_string *load = p.string_handle_create("load");
    p.task_begin(a, no_id, no_id, load); /* one handle in two domains: two names */
    p.task_begin(b, no_id, no_id, load);
    p.task_end(a);
    p.task_end(b);
    p.task_begin(a, no_id, no_id, load);
    p.task_end(a);
    assert_string_equal(double_state.log, "[game: load [sound: load ] ] [game: load ]");
}

static void test_tbb_only_at_full(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    struct itt_domain *domain = p.domain_create("tbb.flow");
    struct itt_domain *algorithms = p.domain_create("tbb");
    struct itt_string *body = p.string_handle_create("body");
    double_state.level = JB_LEVEL_PHASES;
    p.task_begin(domain, no_id, no_id, body);
    p.task_end(domain);
    p.task_begin(algorithms, no_id, no_id, body);
    p.task_end(algorithms);
    assert_string_equal(double_state.log, "(2)");
    double_state.level = JB_LEVEL_FULL;
    p.task_begin(domain, no_id, no_id, body);
    p.task_end(domain);
    assert_string_equal(double_state.log, "(2) (3) [tbb.flow: body ]");
}

static void test_frames(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    struct itt_domain *domain = p.domain_create("loop");
    p.frame_begin(domain, NULL);
    p.task_begin(domain, no_id, no_id, p.string_handle_create("work"));
    p.frame_end(domain, NULL); /* waits for the task inside */
    p.task_end(domain);
    assert_string_equal(double_state.log, "[loop [loop: work ] ]");
}

static void test_function_tasks_keep_the_stack(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    struct itt_domain *domain = p.domain_create("d");
    p.task_begin(domain, no_id, no_id, p.string_handle_create("outer"));
    p.task_begin_fn(domain, no_id, no_id, NULL);
    p.task_end(domain);
    assert_string_equal(double_state.log, "[d: outer");
    p.task_end(domain);
    assert_string_equal(double_state.log, "[d: outer ]");
}

static void test_muted_inside_pytorch(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    double_state.pytorch = true;
    struct itt_domain *dnnl = p.domain_create("dnnl::primitive::execute");
    struct itt_domain *own = p.domain_create("mine");
    p.task_begin(own, no_id, no_id, p.string_handle_create("epoch"));
    p.task_begin(dnnl, no_id, no_id, p.string_handle_create("convolution"));
    p.task_end(dnnl);
    p.task_end(own);
    assert_string_equal(double_state.log, "[mine: epoch ]");
}

static void test_several_static_parts(void **state)
{
    (void)state;
    struct part one;
    struct part two;
    make_part(&one);
    make_part(&two);
    __itt_api_init(&one.global, -1);
    __itt_api_init(&two.global, -1);
    assert_ptr_equal(one.domain_create("shared"), two.domain_create("shared"));
    assert_ptr_equal(one.string_handle_create("s"), two.string_handle_create("s"));
    __itt_api_fini(&one.global);
    struct itt_domain *domain = two.domain_create("shared");
    two.task_begin(domain, no_id, no_id, two.string_handle_create("s"));
    two.task_end(domain);
    assert_string_equal(double_state.log, "[shared: s ]");
}

static void test_objects_from_before(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    struct itt_domain early = {.flags = 1, .name = "dnnl::primitive::execute"};
    struct itt_string reorder = {.text = "reorder"};
    p.global.domains = &early;
    p.global.strings = &reorder;
    __itt_api_init(&p.global, -1);
    p.task_begin(&early, no_id, no_id, &reorder);
    p.task_end(&early);
    assert_string_equal(double_state.log, "<reorder >");
}

static void test_not_wanted(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    struct itt_domain early = {.flags = 1, .name = "d"};
    p.global.domains = &early;
    double_state.forbidden = JB_PATH_ITT;
    __itt_api_init(&p.global, -1);
    assert_int_equal(early.flags, 0);
    assert_null(p.task_begin);
    assert_ptr_equal(p.domain_create, null_domain_create);
    assert_int_equal(double_state.attached, 0);
    double_reset();
    double_state.ring = false;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    assert_null(p.task_begin);
}

static void test_forbidden_for_a_while(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    double_state.allowed = false;
    __itt_api_init(&p.global, -1);
    struct itt_domain *domain = p.domain_create("d");
    p.task_begin(domain, no_id, no_id, p.string_handle_create("one"));
    p.task_end(domain);
    double_state.allowed = true;
    p.task_begin(domain, no_id, no_id, p.string_handle_create("two"));
    p.task_end(domain);
    assert_string_equal(double_state.log, "[d: two ]");
}

static void test_users_groups(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, GROUP_SYNC);
    assert_null(p.task_begin);
    assert_ptr_equal(p.sync_create, null_sync); /* never ours */
}

static void test_foreign_static_part(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    p.global.magic[0] = 0;
    __itt_api_init(&p.global, -1);
    assert_null(p.task_begin);
    make_part(&p);
    p.global.version_major = 2;
    __itt_api_init(&p.global, -1);
    assert_null(p.task_begin);
    __itt_api_init(NULL, -1);
    assert_int_equal(double_state.attached, 0);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    struct itt_domain nameless = {.flags = 1};
    struct itt_string empty = {0};
    assert_null(p.domain_create(NULL));
    assert_null(p.string_handle_create(NULL));
    p.task_begin(NULL, no_id, no_id, NULL);
    p.task_end(NULL);
    p.frame_begin(NULL, NULL);
    p.frame_end(NULL, NULL);
    p.task_begin(&nameless, no_id, no_id, &empty);
    p.task_begin(&nameless, no_id, no_id, NULL);
    p.task_end(&nameless);
    p.task_end(&nameless);
    p.task_end(&nameless);
    assert_string_equal(double_state.log, "[:  ]");
}

static void test_long_names(void **state)
{
    (void)state;
    struct part p;
    make_part(&p);
    __itt_api_init(&p.global, -1);
    static char domain_name[9000];
    static char task_name[9000];
    memset(domain_name, 'd', sizeof(domain_name) - 1);
    memset(task_name, 't', sizeof(task_name) - 1);
    struct itt_domain *domain = p.domain_create(domain_name);
    struct itt_string *task = p.string_handle_create(task_name);
    assert_ptr_equal(domain, p.domain_create(domain_name));
    assert_int_equal(strlen(task->text), ITT_LONGEST);
    p.task_begin(domain, no_id, no_id, task);
    p.task_end(domain);
    assert_int_equal(strlen(double_state.log), 1 + JB_WIRE_NAME_MAX + 2);
}

static void test_too_many_objects(void **state)
{
    (void)state;
    char name[32];
    struct itt_string *last = NULL;
    for (unsigned i = 0; i < ITT_MOST_STRINGS; i++) {
        snprintf(name, sizeof(name), "many %u", i);
        last = itt_string_of(name);
        assert_non_null(last);
    }
    assert_string_equal(last->text, "(others)");
    assert_string_equal(itt_string_of("many 7")->text, "many 7"); /* what was made is still found */
    for (unsigned i = 0; i < ITT_MOST_DOMAINS; i++) {
        snprintf(name, sizeof(name), "domain %u", i);
        assert_non_null(itt_domain_of(name));
    }
    assert_string_equal(itt_domain_of("one more")->name, "(others)");
    assert_int_equal(itt_domain_of("one more")->flags, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_onednn, setup),
        cmocka_unit_test_setup(test_onednn_3, setup),
        cmocka_unit_test_setup(test_others_are_ranges, setup),
        cmocka_unit_test_setup(test_tbb_only_at_full, setup),
        cmocka_unit_test_setup(test_frames, setup),
        cmocka_unit_test_setup(test_function_tasks_keep_the_stack, setup),
        cmocka_unit_test_setup(test_muted_inside_pytorch, setup),
        cmocka_unit_test_setup(test_several_static_parts, setup),
        cmocka_unit_test_setup(test_objects_from_before, setup),
        cmocka_unit_test_setup(test_not_wanted, setup),
        cmocka_unit_test_setup(test_forbidden_for_a_while, setup),
        cmocka_unit_test_setup(test_users_groups, setup),
        cmocka_unit_test_setup(test_foreign_static_part, setup),
        cmocka_unit_test_setup(test_bad_arguments, setup),
        cmocka_unit_test_setup(test_long_names, setup),
        cmocka_unit_test_setup(test_too_many_objects, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
