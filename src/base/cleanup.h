/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup.h - release a local when its scope ends.
 *
 *     JB_CLEANUP(jb_buf_finish) struct jb_buf b = {0};
 *     JB_CLEANUP(jb_closep) int fd = -1;
 *     JB_CLEANUP(jb_freep) char *s = NULL;
 *
 * The named function gets a pointer to the variable and must accept a zeroed or half-made one.
 */
#ifndef JB_BASE_CLEANUP_H
#define JB_BASE_CLEANUP_H

#define JB_CLEANUP(func) __attribute__((cleanup(func)))
#define JB_COUNT(array)  (sizeof(array) / sizeof((array)[0]))

void jb_freep(void *pointer_to_pointer); /* free(*p), keeps errno */
void jb_closep(int *fd);                 /* close(*fd) when >= 0, keeps errno */
int jb_take_fd(int *fd);                 /* *fd, which is -1 from then on: the caller's to close */

#endif
