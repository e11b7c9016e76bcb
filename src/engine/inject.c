/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of a measured program: our words added to what the user has, never put in its place.
 *
 * Variables: ld.so(8); INTEL_LIBITTNOTIFY64 (ittapi); NVTX_INJECTION64_PATH (NVTX 3); CUDA_INJECTION64_PATH (the CUDA
 * driver). LD_PRELOAD is a list with ':' or ' ' between: a path that holds one of them cannot be named in it.
 */
#include "engine/inject.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "engine/program.h"
#include "trace/wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MORE 8 /* variables that may be new */

static const char *value_of(char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') {
            return *environment + length + 1;
        }
    }
    return NULL;
}

static void __attribute__((format(printf, 2, 3))) note(struct jb_inject *inject, const char *format, ...)
{
    va_list args;

    if (inject->note_count < JB_COUNT(inject->notes)) {
        char *place = inject->notes[inject->note_count++];
        va_start(args, format);
        jb_vsnprintf(place, sizeof(inject->notes[0]), format, args);
        va_end(args);
        jb_sanitise(place);
    }
}

static int put(struct jb_inject *inject, const char *name, const char *before, const char *value)
{
    size_t length = strlen(name), i = 0;
    char *word = NULL;

    if (asprintf(&word, "%s=%s%s%s", name, before != NULL ? before : "", before != NULL ? ":" : "", value) < 0) {
        return -ENOMEM;
    }
    for (; inject->environment[i] != NULL; i++) {
        if (strncmp(inject->environment[i], name, length) == 0 && inject->environment[i][length] == '=') {
            free(inject->environment[i]);
            break;
        }
    }
    inject->environment[i] = word;
    return 0;
}

/* One that holds a single library: the user's stays. */
static int put_single(struct jb_inject *inject, char *const *environment, const char *name, const char *probe,
                      unsigned path)
{
    const char *taken = value_of(environment, name);

    if (taken != NULL && taken[0] != '\0' && !jb_streq(taken, probe)) {
        note(inject, "%s is set already (%.80s) and was left as it is: nothing is heard through it", name, taken);
        return 0;
    }
    inject->paths |= path;
    return put(inject, name, NULL, probe);
}

/* gcc's AddressSanitizer ends a program that has any library before its own, unless it is told not to look. */
static int put_sanitizer(struct jb_inject *inject, char *const *environment)
{
    const char *before = value_of(environment, "ASAN_OPTIONS");

    if (before != NULL && strstr(before, "verify_asan_link_order") != NULL) {
        return 0;
    }
    return put(inject, "ASAN_OPTIONS", before != NULL && before[0] != '\0' ? before : NULL, "verify_asan_link_order=0");
}

static int put_preload(struct jb_inject *inject, const struct jb_inject_setup *setup, char *const *environment)
{
    const char *before = value_of(environment, "LD_PRELOAD");
    enum jb_program_kind kind = jb_program_kind(setup->program);

    if (strpbrk(setup->probe, ": ") != NULL) {
        note(inject, "the path %.120s cannot stand in LD_PRELOAD: PyTorch is not listened to", setup->probe);
        return 0;
    }
    if (kind == JB_PROGRAM_FOREIGN || kind == JB_PROGRAM_UNKNOWN) {
        return 0; /* nothing that could tell us anything: no word about it either */
    }
    inject->paths |= JB_PATH_PYTORCH;
    int error = put_sanitizer(inject, environment);
    return error < 0 ? error
                     : put(inject, "LD_PRELOAD", before != NULL && before[0] != '\0' ? before : NULL, setup->probe);
}

static int copy(char *const *environment, struct jb_inject *ret)
{
    size_t count = 0;

    while (environment[count] != NULL) {
        count++;
    }
    ret->environment = calloc(count + MORE + 1, sizeof(*ret->environment));
    for (size_t i = 0; ret->environment != NULL && i < count; i++) {
        ret->environment[i] = strdup(environment[i]);
        if (ret->environment[i] == NULL) {
            return -ENOMEM;
        }
    }
    return ret->environment != NULL ? 0 : -ENOMEM;
}

int jb_inject(const struct jb_inject_setup *setup, char *const *environment, struct jb_inject *ret)
{
    struct jb_inject inject = {.paths = JB_PATH_API};
    int error = copy(environment, &inject);

    if (error == 0) {
        error = put(&inject, "JOULEBOOK_RUN", NULL, setup->run);
    }
    if (error == 0 && setup->ring != NULL) {
        error = put(&inject, "JOULEBOOK_RING", NULL, setup->ring);
    }
    if (error == 0 && setup->ring != NULL && setup->library != NULL) {
        error = put(&inject, "JOULEBOOK_LIBRARY", NULL, setup->library);
    }
    if (error == 0 && setup->ring != NULL && setup->probe != NULL) {
        error = put_preload(&inject, setup, environment);
        if (error == 0) {
            error = put_single(&inject, environment, "INTEL_LIBITTNOTIFY64", setup->probe, JB_PATH_ITT);
        }
        if (error == 0) {
            error = put_single(&inject, environment, "NVTX_INJECTION64_PATH", setup->probe, JB_PATH_NVTX);
        }
        if (error == 0 && setup->cuda) {
            error = put_single(&inject, environment, "CUDA_INJECTION64_PATH", setup->probe, JB_PATH_CUPTI);
        }
    }
    if (error < 0) {
        jb_inject_finish(&inject);
        return error;
    }
    *ret = inject;
    return 0;
}

void jb_inject_finish(struct jb_inject *inject)
{
    for (char **word = inject->environment; word != NULL && *word != NULL; word++) {
        free(*word);
    }
    free(inject->environment);
    *inject = (struct jb_inject){0};
}

/* DIR/file, when it can be read. */
static bool lies_in(const char *dir, size_t dir_length, const char *below, const char *file, char *buffer, size_t size)
{
    int wrote = snprintf(buffer, size, "%.*s%s/%s", (int)dir_length, dir, below, file);

    return wrote > 0 && (size_t)wrote < size && access(buffer, R_OK) == 0;
}

bool jb_inject_find(const char *file, char *buffer, size_t size)
{
    static const char *const beside[] = {"", "/src/probe", "/src/api"};
    const char *own = getenv("JOULEBOOK_LIBDIR");
    char program[4096];

    if (own != NULL && own[0] == '/') {
        return lies_in(own, strlen(own), "", file, buffer, size);
    }
    /* Beside the program first: a build tree does not take the libraries of another version that is installed. */
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(program, '/');
    for (size_t i = 0; slash != NULL && i < JB_COUNT(beside); i++) {
        if (lies_in(program, (size_t)(slash - program), beside[i], file, buffer, size)) {
            return true;
        }
    }
    return lies_in(JB_PROBE_DIR, strlen(JB_PROBE_DIR), "", file, buffer, size) ||
           lies_in(JB_LIBRARY_DIR, strlen(JB_LIBRARY_DIR), "", file, buffer, size);
}
