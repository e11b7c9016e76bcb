/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook.h - tell joulebook what your program is doing, so that its energy can be told apart by it.
 *
 *     jb_epoch(3);                         jb_begin("epoch", NULL) with index 3
 *       jb_begin("phase", "forward");
 *         ...
 *       jb_end();
 *     jb_end();
 *
 * Link with -ljoulebook (pkg-config joulebook). Under `joulebook run`, or between jb_run_start() and jb_run_stop(),
 * each call writes 16 bytes into shared memory (at most 80 ns for a begin and its end); otherwise it does nothing, in
 * under 20 ns. No call blocks (but for starting and stopping a run), prints (but for one line on stderr, once, when
 * jb_run_start() finds no meter), raises a signal, or changes errno. All are safe from any thread at any time, also
 * after fork; begin and end nest per thread, and an end without a begin does nothing.
 *
 * C99; the names and types here stay as they are for all of version 1.
 */
#ifndef JOULEBOOK_H
#define JOULEBOOK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JB_API_VERSION 1
int jb_api_version(void);

/* kind: "epoch", "phase", "step" or "region". name: of a phase "create", "data", "forward", "backward", "optimise",
 * "evaluate" or one of your own; of a region anything; of an epoch or step NULL, and its index is one more than the
 * last. The text is copied when it is seen for the first time, cut at 255 bytes. 0, or -EINVAL for a kind that is none
 * (nothing was begun then). */
int jb_begin(const char *kind, const char *name);
int jb_end(void); /* 0 */

/* The same, shorter and faster: 0. Each is ended by jb_end(). Indexes count modulo 65536. */
int jb_epoch(unsigned index);
int jb_step(unsigned index);
int jb_phase(const char *name);
int jb_region(const char *name);

/* This training means to make so many epochs, numbered from 0 (or from 1, where the first one told is 1), those
 * included that were made before it was resumed: from them and what epochs have used so far joulebook projects what the
 * whole will use. To be told before the first epoch, again whenever it changes, and anew for each training of a
 * program: the last word counts. A plan of 0: it is not known any more. 0, or -EINVAL for more than 2147483647, and
 * nothing is changed. */
int jb_epochs(unsigned planned);

/* 1: somebody is measuring this process right now. */
int jb_active(void);

/*
 * Measure this process from here on, without `joulebook run`: starts `joulebook meter`, which looks at this process and
 * its children and keeps the run in the usual database under `name` (NULL: none). Does nothing under `joulebook run`,
 * or when it was started already. Waits until the sensors are open, at most 10 s. 0; -ENOENT: no joulebook program was
 * found; -EIO: the meter did not start. The program then goes on unmeasured. If it ends without a stop, in whatever
 * way, the run ends with it and is kept. Not for signal handlers.
 */
int jb_run_start(const char *name);
/* End that run and wait for its record, at most 10 s. json (may be NULL): the run record as interface text, to be freed
 * by jb_free(); NULL there when there is none. 0, or -ETIMEDOUT, -EIO: the record did not come. Under `joulebook run`
 * and in a child that was forked off since the start it does nothing: the run is not theirs to end. */
int jb_run_stop(char **json);
void jb_free(void *pointer);

#ifdef __cplusplus
}
#endif

#endif
