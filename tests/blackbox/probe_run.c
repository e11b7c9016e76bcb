/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A meter's side of the wire and nothing else, for test_probe.py and bench/probe.py: run a command with a ring and the
 * probe, write what it told as JSON lines, and exit as it did (128 + N for a signal).
 *
 * usage: probe_run OUT LEVELS PERIOD_MS PROBE COMMAND [ARGUMENT...]
 *     OUT      file for the events; "-": none, they are read and counted only
 *     LEVELS   digits of enum jb_level, gone through again and again, one for PERIOD_MS each; "3" stays
 *     PROBE    path for LD_PRELOAD; "-": none
 * The last line of OUT is {"end": ...} with the state of the ring; without OUT it goes to stderr.
 */
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "trace/ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct jb_traced events[8192];

static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void drain(struct jb_ring *ring, FILE *out)
{
    size_t got;
    while ((got = jb_ring_drain(ring, jb_mono_ns(), events, sizeof(events) / sizeof(events[0]))) > 0) {
        for (size_t i = 0; out != NULL && i < got; i++) {
            const struct jb_traced *traced = &events[i];
            const struct jb_event *event = &traced->event;
            fprintf(out,
                    "{\"t\": %llu, \"pid\": %d, \"tid\": %d, \"thread\": %u, \"kind\": %u, \"end\": %u, \"value\": %u, "
                    "\"name\": ",
                    (unsigned long long)event->t_ns, traced->pid, traced->tid, traced->thread, event->kind,
                    event->flags, event->value);
            put_text(out, event->flags == 0 ? jb_ring_name(ring, event->name) : "");
            fputs("}\n", out);
        }
    }
}

/* Spans of accelerators, as lines of another shape. */
static void drain_kernels(struct jb_ring *ring, FILE *out)
{
    static struct jb_traced_kernel kernels[1024];
    size_t got;
    while ((got = jb_ring_drain_kernels(ring, kernels, sizeof(kernels) / sizeof(kernels[0]))) > 0) {
        for (size_t i = 0; out != NULL && i < got; i++) {
            const struct jb_traced_kernel *kernel = &kernels[i];
            const char *id = jb_ring_device_id(ring, kernel->pid, kernel->device);
            fprintf(out,
                    "{\"kernel\": true, \"t0\": %llu, \"t1\": %llu, \"origin\": %u, \"stream\": %u, \"device\": "
                    "\"%s\", \"name\": ",
                    (unsigned long long)kernel->t0_ns, (unsigned long long)kernel->t1_ns, kernel->origin,
                    kernel->stream, id != NULL ? id : "");
            put_text(out, jb_ring_name(ring, kernel->name));
            fputs("}\n", out);
        }
    }
}

static void put_end(struct jb_ring *ring, FILE *out, int status)
{
    struct jb_ring_state state;
    jb_ring_state(ring, &state);
    fprintf(out,
            "{\"end\": true, \"status\": %d, \"events\": %llu, \"dropped\": %llu, \"nonsense\": %llu, \"attached\": "
            "%u, \"gpu_lost\": %llu, \"notes\": [",
            status, (unsigned long long)state.events, (unsigned long long)state.dropped,
            (unsigned long long)state.nonsense, state.attached, (unsigned long long)state.gpu_lost);
    const char *note;
    for (size_t i = 0; (note = jb_ring_note(ring, i)) != NULL; i++) {
        fputs(i > 0 ? ", " : "", out);
        put_text(out, note);
    }
    fputs("]}\n", out);
}

static int listen_to(struct jb_ring *ring, pid_t pid, const char *levels, uint64_t period_ns, FILE *out)
{
    int status = 0;
    uint64_t begin_ns = jb_mono_ns(), before = 0;
    for (pid_t ended = 0; ended == 0;) {
        ended = waitpid(pid, &status, WNOHANG);
        uint64_t turn = (jb_mono_ns() - begin_ns) / period_ns;
        if (turn != before) { /* else a command that sets the level itself would lose it */
            before = turn;
            jb_ring_level(ring, (unsigned)(levels[turn % strlen(levels)] - '0'));
        }
        drain(ring, out);
        drain_kernels(ring, out);
        const struct timespec pause = {.tv_nsec = 1000000};
        nanosleep(&pause, NULL);
    }
    drain(ring, out);
    drain_kernels(ring, out);
    put_end(ring, out != NULL ? out : stderr, status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    struct jb_diag diag = {0};
    struct jb_ring *ring = NULL;
    uint64_t period_ms;
    if (argc < 6 || jb_parse_u64(argv[3], &period_ms) < 0 || period_ms == 0 || argv[2][0] == '\0') {
        return 2;
    }
    if (jb_ring_create(&ring, &diag) < 0) {
        fprintf(stderr, "probe_run: %s\n", diag.text);
        return 2;
    }
    FILE *out = strcmp(argv[1], "-") == 0 ? NULL : fopen(argv[1], "we");
    jb_ring_listen(ring, (unsigned)(argv[2][0] - '0'), ~0u);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("JOULEBOOK_RING", jb_ring_place(ring), 1);
        if (strcmp(argv[4], "-") != 0) {
            setenv("LD_PRELOAD", argv[4], 1);
        }
        execvp(argv[5], argv + 5);
        _exit(127);
    }
    int code = pid < 0 ? 2 : listen_to(ring, pid, argv[2], period_ms * 1000000u, out);
    jb_ring_destroy(ring);
    if (out != NULL) {
        fclose(out);
    }
    return code;
}
