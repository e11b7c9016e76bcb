/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_fdinfo.c - what another process's /proc/PID/fdinfo says of a graphics card, with whatever contents.
 */
#include "fuzz_tree.h"

#include "sensor/drm_fdinfo.h"

#include <ctype.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_word(const char *word, size_t size)
{
    const char *end = memchr(word, 0, size);
    fuzz_expect(end != NULL, "a word that ends");
    for (; *word; word++) {
        fuzz_expect(isgraph((unsigned char)*word), "words without blanks and escapes");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_drm_fdinfo info = {.client = 4711, .engine_count = 77};
    if (size > 8192) {
        return 0;
    }
    char *exact = malloc(size ? size : 1);
    fuzz_expect(exact != NULL, "memory");
    if (size > 0) {
        memcpy(exact, data, size);
    }
    int err = jb_drm_fdinfo_parse(exact, size, &info);
    free(exact);
    fuzz_expect(err == 0 || err == -ENOENT, "a known error");
    if (err < 0) {
        fuzz_expect(info.client == 4711 && info.engine_count == 77, "nothing stored on failure");
        return 0;
    }
    fuzz_expect(info.driver[0], "a driver");
    check_word(info.driver, sizeof(info.driver));
    check_word(info.pci, sizeof(info.pci));
    fuzz_expect(info.engine_count <= JB_DRM_MAX_ENGINES, "engines that fit");
    for (size_t i = 0; i < info.engine_count; i++) {
        const struct jb_drm_engine *engine = &info.engines[i];
        check_word(engine->name, sizeof(engine->name));
        fuzz_expect(engine->name[0], "a name for each engine");
        fuzz_expect(engine->capacity > 0, "at least one engine of a kind");
        fuzz_expect(engine->cycles || engine->total == 0, "no total of nanoseconds");
        for (size_t k = 0; k < i; k++) {
            fuzz_expect(strcmp(engine->name, info.engines[k].name) != 0, "engines that differ");
        }
    }
    return 0;
}
