/* SPDX-License-Identifier: Apache-2.0 */
/*
 * private.h - names that libjoulebook exports for the Python package. No part of joulebook.h: they may change with any
 * version, and package and library check each other by jb_private_version().
 */
#ifndef JB_API_PRIVATE_H
#define JB_API_PRIVATE_H

#include <stddef.h>

#define JB_PRIVATE_VERSION 1
int jb_private_version(void);

/* A module of a network, by its path; ended by jb_end(). */
int jb_begin_layer(const char *path);

/* jb_run_start() with more to say: `options` are words for `joulebook meter`, NULL-terminated; may be NULL. Prints
 * nothing. 1: it was started; 0: nothing was to do; else as jb_run_start(), with the reason in why. */
int jb_run_begin(const char *const *options, char *why, size_t size);
/* jb_run_stop(), saying whether the program's part went well (exit_code 0) or not. */
int jb_run_end(int exit_code, char **json);
/* Where the ring of the run is that was started here, for the environment of children; NULL: there is none. Valid until
 * the next start. */
const char *jb_run_place(void);

#endif
