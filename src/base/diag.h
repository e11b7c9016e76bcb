/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - how a failure is told.
 *
 * Functions return 0 (or a count) or a negative errno. A function that can fail in a way a person must
 * mend also takes a `struct jb_diag *`, which it fills with one line saying what failed and where, and,
 * where there is one, the command that mends it. Library code fills a diag; only cli/ prints it.
 *
 * `ret_` parameters are written last and left alone on failure. Every diag parameter may be NULL.
 * No allocation; safe from any thread as long as each thread has its own diag.
 */
#ifndef JB_BASE_DIAG_H
#define JB_BASE_DIAG_H

struct jb_diag {
    char text[320]; /* "cannot read /sys/...: Permission denied"; empty: nothing went wrong */
    char fix[320];  /* "sudo setcap ..."; empty: nothing we know would help */
};

/* Store a message and return `err` (a negative errno), so that `return jb_fail(d, -EINVAL, ...)` reads
 * well. Clears `fix`. */
int jb_fail(struct jb_diag *diag, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Add the command or the hint that mends the failure stored before. */
void jb_fix(struct jb_diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

void jb_diag_clear(struct jb_diag *diag);

#endif
