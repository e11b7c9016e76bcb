/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A meter's ear for tests: makes a ring, runs a command with it, and prints what it was told, a line an event:
 *
 *     THREAD begin KIND NAME VALUE
 *     THREAD end
 *     plan EPOCHS     at the end, where the program told one
 *
 * THREAD is its number and how often that was used before, as 0.0. The exit status is the command's.
 */
#include "trace/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const kinds[JB_EVENT_KINDS] = {"none",  "operator", "backward", "mark",   "range",  "layer",
                                                  "epoch", "phase",    "step",     "region", "kernel", "level"};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void print(struct jb_ring *ring)
{
    struct jb_traced events[256];
    size_t count;

    while ((count = jb_ring_drain(ring, now_ns(), events, 256)) > 0) {
        for (size_t i = 0; i < count; i++) {
            const struct jb_event *event = &events[i].event;
            if (event->kind == JB_EVENT_NONE) {
                continue; /* the thread has ended */
            }
            printf("%u.%u ", events[i].thread, events[i].generation);
            if ((event->flags & JB_EVENT_END) != 0) {
                puts("end");
            } else {
                printf("begin %s %s %u\n", event->kind < JB_EVENT_KINDS ? kinds[event->kind] : "?",
                       jb_ring_name(ring, event->name), event->value);
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct jb_ring *ring;
    int status = 0;

    if (argc < 2 || jb_ring_create(&ring, NULL) < 0) {
        return 125;
    }
    setenv("JOULEBOOK_RING", jb_ring_place(ring), 1);
    jb_ring_listen(ring, JB_LEVEL_FULL, ~0U);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO); /* stdout is for events */
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        print(ring);
        usleep(2000);
    }
    print(ring);
    struct jb_ring_state state;
    jb_ring_state(ring, &state);
    if (state.planned > 0) {
        printf("plan %u\n", state.planned);
    }
    jb_ring_destroy(ring);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
