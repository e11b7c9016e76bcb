/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_torch.h - a libtorch_cpu.so in C: the functions that the probe uses, with the ABI of the C++ ones, and a
 * RecordFunction that tests begin and end themselves. A test opens one of the variants (meson.build) and looks the
 * functions below up in it.
 */
#ifndef JB_TEST_FAKE_TORCH_H
#define JB_TEST_FAKE_TORCH_H

#include <stdbool.h>

struct fake_record;

/* RecordFunction's constructor and before(); `async` as RecordFunction::_setAsync(). */
typedef struct fake_record *fake_begin_fn(unsigned scope, const char *name, bool async);
/* Its destructor; on any thread. */
typedef void fake_end_fn(struct fake_record *record);
/* How many callbacks are in the list, and how often one was to be removed that was not. */
typedef unsigned fake_count_fn(void);
/* torch.autograd._clear_callbacks() */
typedef void fake_clear_fn(void);
/* A signal that comes while the next callback is added. */
typedef void fake_raise_fn(int signal);

#endif
