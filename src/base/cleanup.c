/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup.c - the two destructors every function needs.
 *
 * They run after the return value was computed but while errno may still be wanted, so they keep it.
 */
#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void jb_freep(void *pointer_to_pointer)
{
    /* memcpy, because the variable's own type is unknown here and a void ** access would alias it wrongly. */
    void *p;
    memcpy(&p, pointer_to_pointer, sizeof(p));
    int saved = errno;
    free(p);
    errno = saved;
    p = NULL;
    memcpy(pointer_to_pointer, &p, sizeof(p));
}

void jb_closep(int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        errno = saved;
        *fd = -1;
    }
}

int jb_take_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}
