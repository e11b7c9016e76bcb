/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases by name, and which spans say that a phase begins.
 *
 * PyTorch's own words: torch/optim/optimizer.py ("Optimizer.step#SGD.step", "Optimizer.zero_grad#SGD.zero_grad"),
 * torch/utils/data/dataloader.py ("enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"), the autograd engine
 * ("autograd::engine::evaluate_function: MmBackward0", inside it the node's own name), TorchDynamo and Inductor
 * ("Torch-Compiled Region: 0/0", "## Call CompiledFxGraph <hash> ##"). Seen in traces of 1.13 too, where they are
 * there.
 */
#include "attribution/op_class.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const char evaluate_function[] = "autograd::engine::evaluate_function: ";

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *jb_phase_name(enum jb_phase phase)
{
    static const char *const names[JB_PHASES] = {"create",   "data",     "forward", "backward",
                                                 "optimise", "evaluate", "other",   "body"};

    return (unsigned)phase < JB_PHASES ? names[phase] : names[JB_PHASE_OTHER];
}

enum jb_phase jb_phase_of_word(const char *word)
{
    static const struct {
        const char *word;
        enum jb_phase phase;
    } others[] = {
        {"optimize", JB_PHASE_OPTIMISE}, {"train", JB_PHASE_FORWARD},     {"eval", JB_PHASE_EVALUATE},
        {"test", JB_PHASE_EVALUATE},     {"validate", JB_PHASE_EVALUATE}, {"validation", JB_PHASE_EVALUATE},
        {"load", JB_PHASE_DATA},         {"init", JB_PHASE_CREATE},
    };

    for (unsigned phase = 0; phase <= JB_PHASE_OTHER; phase++) {
        if (strcmp(word, jb_phase_name(phase)) == 0) {
            return phase;
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(word, others[i].word) == 0) {
            return others[i].phase;
        }
    }
    return JB_PHASES;
}

/* "MmBackward0", "torch::autograd::CopySlices", "CompiledFunctionBackward", "torch::autograd::CppFunction": a node. */
static bool is_node(const char *name)
{
    const char *at = strstr(name, "Backward");

    if (starts(name, "torch::autograd::")) {
        return true;
    }
    if (at == NULL || at == name || strchr(name, ':') != NULL || strchr(name, ' ') != NULL) {
        return false;
    }
    for (at += strlen("Backward"); *at != '\0'; at++) {
        if (!isdigit((unsigned char)*at)) {
            return false;
        }
    }
    return true;
}

enum jb_mark jb_mark_of(const char *name)
{
    if (starts(name, "Optimizer.step#")) {
        return JB_MARK_OPTIMISE;
    }
    if (starts(name, "Optimizer.zero_grad#")) {
        return JB_MARK_ZERO_GRAD;
    }
    if (starts(name, "enumerate(DataLoader)#") || starts(name, "enumerate(DataPipe)#")) {
        return JB_MARK_DATA;
    }
    if (starts(name, evaluate_function) || is_node(name)) {
        return JB_MARK_BACKWARD;
    }
    if (starts(name, "Torch-Compiled Region") || starts(name, "## Call CompiledFxGraph") ||
        strcmp(name, "CompiledFunction") == 0) {
        return JB_MARK_COMPILED;
    }
    return JB_MARK_NONE;
}

const char *jb_op_short(const char *name)
{
    return starts(name, evaluate_function) ? name + strlen(evaluate_function) : name;
}
