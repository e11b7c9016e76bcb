/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - start the measured program, pass signals on, wait for it: never changing what it does.
 *
 * The child keeps our process group, terminal, descriptors, environment and signal mask as we found them. It is told to
 * exec only when the meter is ready (jb_child_release). If we die it goes on: there is no parent-death signal.
 */
#ifndef JB_ENGINE_CHILD_H
#define JB_ENGINE_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/types.h>

struct jb_diag;

struct jb_child {
    pid_t pid;          /* 0: none */
    int go_fd, exec_fd; /* pipes: tell it to go; learn that exec failed */
    bool ended;
    int wait_status;
    unsigned interrupts; /* INT passed on or seen, and when the last one was */
    uint64_t last_interrupt_ns;
    bool interrupted; /* INT or TERM came through us or from the terminal */
};

/* Block the signals that we pass on and those that we watch, and become a subreaper. ret_old is what the child gets
 * back. */
int jb_child_prepare(sigset_t *ret_old, sigset_t *ret_watched);

/* Fork; the child waits. argv is NULL-terminated; environment: NULL: ours. */
int jb_child_spawn(struct jb_child *child, char **argv, char **environment, const sigset_t *mask, struct jb_diag *diag);

/* Let it exec. 0: it runs. -errno of exec: it did not start, and it has been reaped. */
int jb_child_release(struct jb_child *child);

/* What to do with a signal that reached us. Returns the signal that was sent on, 0 for none. A signal that the
 * terminal sent to the whole foreground group has reached the child already and is not sent twice; a second INT
 * within 2 s ends a child that ignores the first. */
int jb_child_signal(struct jb_child *child, const struct signalfd_siginfo *info, uint64_t now_ns);
/* The decision alone, for tests. */
enum jb_pass { JB_PASS_NOTHING, JB_PASS_SAME, JB_PASS_KILL };
enum jb_pass jb_child_decide(const struct jb_child *child, int signal, bool from_kernel, bool same_group,
                             uint64_t now_ns);

/* Reap everything that has ended, the child and orphans alike; `reaped` hears of each. True when the child has ended.
 */
typedef void (*jb_reaped_fn)(void *context, pid_t pid, const struct rusage *usage);
bool jb_child_reap(struct jb_child *child, jb_reaped_fn reaped, void *context);

/* Our exit status for what became of it: its own, or 128 + signal. */
int jb_child_exit_status(const struct jb_child *child);

void jb_child_finish(struct jb_child *child);

#endif
