/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that uses a GPU, for test_cupti.py: JAX's way of telling operators (NVTX ranges around thunks), and kernels
 * that libcupti (a stub: tests/stub/cupti_stub.h) records while they are asked for. Prints how often it was asked.
 *
 * usage: cuda_app STEPS [held]     held: another profiler has CUPTI
 */
#include "stub/cupti_stub.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void (*function)(void);
static function core[16];
static function *table[17];

static int get_functions(int module, function ***ret, unsigned *size)
{
    *ret = table;
    *size = 16;
    return module == 1;
}

static const struct {
    size_t size;
    int (*get_functions)(int, function ***, unsigned *);
} callbacks = {sizeof(callbacks), get_functions};

static const void *export_table(uint32_t number)
{
    return number == 1 ? &callbacks : NULL;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void push(const char *text)
{
    if (core[9]) {
        ((int (*)(const char *))core[9])(text);
    }
}

static void pop(void)
{
    if (core[11]) {
        ((int (*)(void))core[11])();
    }
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10;
    stub_cuda_set(0, 2); /* so that the linker keeps libcuda */
    stub_cupti_reset();
    stub_cupti()->ahead_ns = INT64_C(1700000000) * 1000000000;
    if (argc > 2 && strcmp(argv[2], "held") == 0) {
        stub_cupti()->subscribe_result = 39;
        stub_cupti()->holder = "CUPTI for Nsight Systems";
    }
    const char *path = getenv("NVTX_INJECTION64_PATH");
    void *tool = path ? dlopen(path, RTLD_LAZY) : NULL;
    int (*init)(const void *(*)(uint32_t)) = NULL;
    if (tool) {
        *(void **)&init = dlsym(tool, "InitializeInjectionNvtx2");
    }
    for (unsigned i = 1; i < 16; i++) {
        table[i] = &core[i];
    }
    if (init) {
        init(export_table);
    }
    uint32_t correlation = 0;
    for (int i = 0; i < steps; i++) {
        push("Thunk:#name=jvp(Dense)/dot_general,hlo_op=gemm.3#");
        uint64_t t0 = now() + (uint64_t)stub_cupti()->ahead_ns;
        stub_cupti_launch(++correlation, 7, t0, t0 + 300000, "_Z4gemmv");
        pop();
        push("Thunk:#name=transpose(jvp(Dense))/dot_general,hlo_op=gemm.4#");
        stub_cupti_launch(++correlation, 7, t0 + 300000, t0 + 700000, "_Z4gemmv");
        pop();
        stub_cupti_launch(++correlation, 9, t0 + 100000, t0 + 200000, "_Z4copyv");
        while (now() + (uint64_t)stub_cupti()->ahead_ns < t0 + 1000000) {
        }
        stub_cupti_call(2, 131, 0); /* cudaStreamSynchronize */
        stub_cupti_call(2, 131, 1);
    }
    struct stub_cupti *stub = stub_cupti();
    printf("subscribed %d, finalised %d, pushed as popped %d, outside %u\n", stub->subscriptions > 0,
           stub->finalisations > 0, stub->pushes == stub->pops, stub->without_subscription);
    return 0;
}
