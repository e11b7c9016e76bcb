/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of libtorch_cpu that are called, and whether its classes lie as we think.
 *
 * A mangled name says which types a function takes, not how they lie. at::getStepCallbacks(scope) tells what PyTorch
 * made of a callback that it was given: it returns the pairs that it would call. struct step is that class
 * (at::StepCallbacks, 96 bytes in 1.13 and in 2.15); what does not look like it is not read further.
 */
#include "probe/pytorch.h"

#include "probe/object.h"

#include <string.h>

struct pair {
    void *start, *end;
};

/* c10::SmallVector<pair, 4>, then the rest. */
struct step {
    const struct pair *pairs;
    uint32_t count, room;
    struct pair own[4];
    uint64_t thread;
    uint8_t scope, needs_inputs, needs_outputs, needs_ids;
    uint8_t rest[4];
};
_Static_assert(sizeof(struct step) == 96, "layout of at::StepCallbacks");

#define MANY 64u /* callbacks at a time; nobody has as many */

bool pytorch_library_open(const struct object *object, struct pytorch_library *ret, const char **ret_why)
{
    struct pytorch_library library = {
        .add = (uint64_t(*)(struct pytorch_callback))object_symbol(
            object, "_ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE"),
        .remove = (void (*)(uint64_t))object_symbol(object, "_ZN2at14removeCallbackEm"),
        .name = (const char *(*)(const void *))object_symbol(object, "_ZNK2at14RecordFunction4nameEv"),
        .is_async = (bool (*)(const void *))object_symbol(object, "_ZNK2at14RecordFunction7isAsyncEv"),
        .enabled = (bool (*)(void))object_symbol(object, "_ZN2at23isRecordFunctionEnabledEv"),
        .step = (void (*)(void))object_symbol(object, "_ZN2at16getStepCallbacksENS_11RecordScopeE"),
    };
    if (library.add == NULL || library.remove == NULL || library.name == NULL || library.enabled == NULL) {
        *ret_why = "it does not export its RecordFunction";
        return false;
    }
    if (library.step == NULL ||
        object_symbol(object, "_ZN2at27getStepCallbacksUnlessEmptyENS_11RecordScopeE") == NULL) {
        *ret_why = "its callbacks are of an older kind";
        return false;
    }
    *ret = library;
    return true;
}

static void get_step(const struct pytorch_library *library, void *place, unsigned scope)
{
#if defined(__aarch64__)
    pytorch_shim_step(library->step, place, scope);
#else
    /* A class that is not trivial is returned where the first argument says. */
    ((void *(*)(void *, unsigned))library->step)(place, scope);
#endif
}

int pytorch_library_calls(const struct pytorch_library *library, unsigned scope,
                          const struct pytorch_callback *callback)
{
    /* Room for a larger one. Left behind without its destructor, which frees nothing as long as `own` was enough. */
    union {
        struct step step;
        unsigned char bytes[1024];
    } got;
    memset(&got, 0, sizeof(got));
    get_step(library, &got, scope);
    const struct step *step = &got.step;
    if (step->count > MANY || step->room < 4 || step->room < step->count || step->pairs == NULL ||
        (step->room == 4 && step->pairs != step->own) || step->scope != scope || step->needs_inputs > 1 ||
        step->needs_outputs > 1 || step->needs_ids > 1 || step->thread == 0) {
        return -1;
    }
    int found = 0;
    for (uint32_t i = 0; i < step->count; i++) {
        if (step->pairs[i].start == (void *)callback->start && step->pairs[i].end == (void *)callback->end) {
            found++;
        }
    }
    return found > 1 ? -1 : found;
}
