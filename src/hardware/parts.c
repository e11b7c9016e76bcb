/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking up the built-in table of parts (data/hardware_power.csv through tools/gen_parts.py) by name. Drivers' names
 * of server boards are looked up as they are (data/gpu_aliases.csv), everything else by its key. When that finds
 * nothing, what some names carry beyond the model is taken off bit by bit; a few rows, mostly accelerators, are keyed
 * by their whole name or without the maker's and are tried last.
 */
#include "hardware/hardware.h"

#include "hardware/parts_table.h"
#include "hardware/rewrite.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define KEY_SIZE (JB_PATTERN_TEXT + 1)

struct wanted {
    const char *kind, *key;
};

static int by_kind_and_key(const void *wanted, const void *row)
{
    const struct wanted *w = wanted;
    const struct jb_part *p = row;
    int order = strcmp(w->kind, p->kind);
    return order != 0 ? order : strcmp(w->key, p->key);
}

static const struct jb_part *find_key(const char *kind, const char *key)
{
    struct wanted wanted = {kind, key};
    return bsearch(&wanted, jb_parts, jb_parts_count, sizeof jb_parts[0], by_kind_and_key);
}

static void key_of(bool gpu, const char *name, char *key, size_t size)
{
    if (gpu) {
        jb_gpu_key(name, key, size, NULL, 0);
    } else {
        jb_cpu_key(name, key, size, NULL, 0);
    }
}

static int by_driver_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct jb_gpu_alias *)row)->driver_name);
}

static const struct jb_part *find_alias(const char *name)
{
    const struct jb_gpu_alias *a =
        bsearch(name, jb_gpu_aliases, jb_gpu_aliases_count, sizeof jb_gpu_aliases[0], by_driver_name);
    return a != NULL ? &jb_parts[a->part] : NULL;
}

/* "Google TPU v4" for the row "tpuv4" of Google. */
static const struct jb_part *find_with_vendor(const char *key)
{
    for (size_t i = 0; i < jb_parts_count; i++) {
        const struct jb_part *p = &jb_parts[i];
        char vendor[sizeof p->vendor];
        if (strcmp(p->kind, "accelerator") != 0) {
            continue;
        }
        jb_rewrite_key(p->vendor, vendor, sizeof vendor);
        if (jb_starts(key, vendor) && strcmp(key + strlen(vendor), p->key) == 0) {
            return p;
        }
    }
    return NULL;
}

static const struct jb_part *find_either(const char *kind, const char *other, const char *key)
{
    if (key[0] == '\0') {
        return NULL;
    }
    const struct jb_part *p = find_key(kind, key);
    return p == NULL && other != NULL ? find_key(other, key) : p;
}

/* What real names carry beyond the model, and the key's rules (which the table shares) leave in. */
static const struct jb_rewrite cpu_extras[] = {
    {"\\b\\d+-cores\\b", ""}, /* "Threadripper PRO 5995WX 64-Cores" */
    {"^(dual|quad|six)-core (amd )?", ""},
    {"\\bv\\d\\.\\d\\b", ""},
};
static const struct jb_rewrite gpu_extras[] = {
    {"\\s+mig .*$", ""},
    {"\\s+with max-q design$", " Max-Q"},
    {"\\s+(series|graphics)$", ""},
    {"\\s+\\d+ ?gb$", ""},
};

static const struct jb_part *find_without_extras(const char *kind, const char *other, bool gpu, const char *name)
{
    char text[JB_PATTERN_TEXT + 1], key[KEY_SIZE];
    const struct jb_part *p = NULL;
    jb_rewrite_begin(name, text);
    size_t steps = gpu ? JB_COUNT(gpu_extras) : JB_COUNT(cpu_extras);
    for (size_t i = 0; i < steps && p == NULL; i++) {
        jb_rewrite(gpu ? &gpu_extras[i] : &cpu_extras[i], 1, "", text);
        key_of(gpu, text, key, sizeof key);
        p = find_either(kind, other, key);
    }
    return p;
}

const struct jb_part *jb_part_find(const char *kind, const char *name)
{
    bool gpu = strcmp(kind, "gpu") == 0 || strcmp(kind, "accelerator") == 0;
    const char *other = strcmp(kind, "gpu") == 0 ? "accelerator" : strcmp(kind, "cpu") == 0 ? "soc" : NULL;
    const struct jb_part *p = strcmp(kind, "gpu") == 0 ? find_alias(name) : NULL;
    char key[KEY_SIZE], plain[KEY_SIZE];
    key_of(gpu, name, key, sizeof key);
    jb_rewrite_key(name, plain, sizeof plain);
    if (p == NULL) {
        p = find_either(kind, other, key);
    }
    if (p == NULL) {
        p = find_without_extras(kind, other, gpu, name);
    }
    if (p == NULL) {
        p = find_either(kind, other, plain);
    }
    return p == NULL && gpu ? find_with_vendor(plain) : p;
}

/* How well a row answers a search: 0 not at all, then within, at the end, at the start, the whole key. */
static int rank(const char *key, const char *wanted)
{
    const char *at = strstr(key, wanted);
    if (at == NULL) {
        return 0;
    }
    size_t length = strlen(wanted), whole = strlen(key);
    return whole == length ? 4 : at == key ? 3 : at[length] == '\0' ? 2 : 1;
}

static int best_rank(const struct jb_part *part, const char *const *wanted, size_t count)
{
    int best = 0;
    for (size_t i = 0; i < count; i++) {
        int r = wanted[i][0] != '\0' ? rank(part->key, wanted[i]) : 0;
        best = r > best ? r : best;
    }
    return best;
}

size_t jb_part_search(const char *text, const struct jb_part **ret, size_t max)
{
    char cpu[KEY_SIZE], gpu[KEY_SIZE], plain[KEY_SIZE];
    jb_cpu_key(text, cpu, sizeof cpu, NULL, 0);
    jb_gpu_key(text, gpu, sizeof gpu, NULL, 0);
    jb_rewrite_key(text, plain, sizeof plain);
    const char *const wanted[] = {cpu, gpu, plain};
    size_t count = 0;
    const struct jb_part *alias = find_alias(text);
    if (alias != NULL && max > 0) {
        ret[count++] = alias;
    }
    for (int r = 4; r > 0; r--) {
        for (size_t i = 0; i < jb_parts_count && count < max; i++) {
            if (&jb_parts[i] != alias && best_rank(&jb_parts[i], wanted, 3) == r) {
                ret[count++] = &jb_parts[i];
            }
        }
    }
    return count;
}
