/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program with NVTX inside, for test_nvtx.py: the loader of header-only NVTX as nvtxInit.h has it, and a session of
 * JAX on a GPU as XLA told it through nvtx_utils.cc (domain "TSL", registered strings, one range around a run of the
 * module and one around each thunk), NCCL and the user's own ranges. Prints what its calls answered.
 *
 * usage: nvtx_client STEPS
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef void (*function)(void);
typedef const void *(*get_table)(uint32_t table);

struct attributes {
    uint16_t version, size;
    uint32_t category;
    int32_t color_type;
    uint32_t color;
    int32_t payload_type, reserved;
    uint64_t payload;
    int32_t message_type;
    const void *message;
};

/* What the header keeps for each function: NULL after initialising means "do nothing". */
static struct {
    function core[16], core2[16];
} functions;
static function *core_table[17], *core2_table[17];

static int get_functions(int module, function ***table, unsigned *size)
{
    if (module != 1 && module != 5) {
        return 0;
    }
    *table = module == 1 ? core_table : core2_table;
    *size = 16;
    return 1;
}

static const struct {
    size_t size;
    int (*get_functions)(int, function ***, unsigned *);
} callbacks = {sizeof(callbacks), get_functions};

static const void *export_table(uint32_t table)
{
    return table == 1 ? &callbacks : NULL;
}

static int load(void)
{
    const char *path = getenv("NVTX_INJECTION64_PATH");
    void *library = path ? dlopen(path, RTLD_LAZY) : NULL;
    int (*init)(get_table) = NULL;
    if (library) {
        *(void **)&init = dlsym(library, "InitializeInjectionNvtx2");
    }
    for (unsigned i = 1; i < 16; i++) {
        core_table[i] = &functions.core[i];
        core2_table[i] = &functions.core2[i];
    }
    int rc = init ? init(export_table) : -1;
    if (rc == 0) {
        dlclose(library); /* "If it returns 0 (failure) and a dynamic injection was loaded, unload it." */
    }
    return rc;
}

typedef int (*push_fn)(void *, const struct attributes *);
typedef int (*pop_fn)(void *);
typedef void *(*string_fn)(void *, const char *);
typedef void *(*domain_fn)(const char *);
typedef int (*push_ascii_fn)(const char *);
typedef int (*plain_pop_fn)(void);

static int push(void *domain, void *string)
{
    const struct attributes a = {.version = 3, .size = 48, .message_type = 3, .message = string};
    return functions.core2[4] ? ((push_fn)functions.core2[4])(domain, &a) : -2;
}

static int pop(void *domain)
{
    return functions.core2[5] ? ((pop_fn)functions.core2[5])(domain) : -2;
}

static void *string(void *domain, const char *text)
{
    return functions.core2[10] ? ((string_fn)functions.core2[10])(domain, text) : NULL;
}

static void *domain(const char *name)
{
    return functions.core2[12] ? ((domain_fn)functions.core2[12])(name) : NULL;
}

static void work(void)
{
    struct timespec begin;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < 200000);
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 3;
    static const char *const thunks[] = {
        "Thunk:#name=jvp(Dense_0)/dot_general,hlo_op=gemm_fusion_dot.12,unique_hlo_op_id=31#",
        "Thunk:#name=jvp(relu)/max,hlo_op=loop_maximum_fusion.3,unique_hlo_op_id=32#",
        "Thunk:#name=transpose(jvp(Dense_0))/dot_general,hlo_op=gemm_fusion_dot.14,unique_hlo_op_id=33#",
        "Thunk:#hlo_op=copy.7,unique_hlo_op_id=34#",
    };
    enum { THUNKS = sizeof(thunks) / sizeof(thunks[0]) };
    int rc = load();
    void *tsl = domain("TSL");
    void *nccl = domain("NCCL");
    void *module = string(tsl, "XlaModule:#prefix=jit(train_step)/jit(main),hlo_module=jit_train_step,program_id=9#");
    void *reduce = string(nccl, "ncclAllReduce");
    void *strings[THUNKS];
    for (int i = 0; i < THUNKS; i++) {
        strings[i] = string(tsl, thunks[i]);
    }
    int answers = 0;
    for (int step = 0; step < steps; step++) {
        if (functions.core[9]) {
            answers += ((push_ascii_fn)functions.core[9])("my step");
        }
        answers += push(tsl, module);
        for (int i = 0; i < THUNKS; i++) {
            answers += push(tsl, strings[i]);
            work();
            answers += pop(tsl);
        }
        answers += push(nccl, reduce);
        work();
        answers += pop(nccl);
        answers += pop(tsl);
        if (functions.core[11]) {
            answers += ((plain_pop_fn)functions.core[11])();
        }
    }
    printf("init %d, domains %s, answers %d\n", rc, tsl && nccl && tsl != nccl ? "two" : "none", answers);
    return 0;
}
