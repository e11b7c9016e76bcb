/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inject.h - the environment that a measured program is given so that it tells what it does.
 *
 * Nothing that is set already is overwritten: LD_PRELOAD is a list and gets one more word at its end; the others hold
 * one library, and where the user has one the path stays off and that is said. A program that could not take the probe
 * (another architecture, another libc) is left alone.
 *
 *   JOULEBOOK_RUN            the id of the run, with --ops off too: what asks to be measured inside it is measured
 * already JOULEBOOK_RING           where the ring is JOULEBOOK_LIBRARY        libjoulebook.so, for the Python package
 *   LD_PRELOAD               the probe (PyTorch)
 *   ASAN_OPTIONS             verify_asan_link_order=0, or programs with gcc's AddressSanitizer would not start
 *   INTEL_LIBITTNOTIFY64     the probe (ITT)
 *   NVTX_INJECTION64_PATH    the probe (NVTX)
 *   CUDA_INJECTION64_PATH    the probe (CUPTI), only where a NVIDIA GPU is measured
 */
#ifndef JB_ENGINE_INJECT_H
#define JB_ENGINE_INJECT_H

#include <stdbool.h>
#include <stddef.h>

struct jb_diag;

struct jb_inject_setup {
    const char *probe;   /* path of libjoulebook-probe.so; NULL: none was found */
    const char *library; /* path of libjoulebook.so; NULL */
    const char *run;     /* id of the run */
    const char *ring;    /* jb_ring_place(); NULL: nothing is heard, and nothing else is given */
    const char *program; /* argv[0] of the command; looked up in PATH */
    bool cuda;
};
struct jb_inject {
    char **environment; /* for execvpe(); NULL-terminated */
    unsigned paths;     /* bits of enum jb_path that may attach */
    char notes[4][224]; /* what was left alone and why */
    size_t note_count;
};
/* `environment` is copied and added to. 0 or -ENOMEM. */
int jb_inject(const struct jb_inject_setup *setup, char *const *environment, struct jb_inject *ret);
void jb_inject_finish(struct jb_inject *inject);

/* Where the probe and the library lie: JOULEBOOK_LIBDIR, the installed folder, or that of this program (a build tree).
 * False: not found. */
bool jb_inject_find(const char *file, char *buffer, size_t size);

#endif
