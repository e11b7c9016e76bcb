/* SPDX-License-Identifier: Apache-2.0 */
/* Client of the privileged helper: see privileged.h. */
#include "sensor/privileged.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct jb_privileged {
    atomic_int references;
    char *program;
};

struct jb_privileged *jb_privileged_create(const char *program)
{
    struct jb_privileged *privileged = calloc(1, sizeof(*privileged));

    if (privileged != NULL) {
        privileged->references = 1;
        privileged->program = strdup(program);
    }
    return privileged;
}

struct jb_privileged *jb_privileged_ref(struct jb_privileged *privileged)
{
    if (privileged != NULL) {
        atomic_fetch_add(&privileged->references, 1);
    }
    return privileged;
}

void jb_privileged_unref(struct jb_privileged *privileged)
{
    if (privileged != NULL && atomic_fetch_sub(&privileged->references, 1) == 1) {
        free(privileged->program);
        free(privileged);
    }
}

int jb_privileged_open(struct jb_privileged *privileged, const char *what)
{
    return privileged == NULL || what[0] == '\0' ? -EINVAL : -EACCES;
}

pid_t jb_privileged_pid(const struct jb_privileged *privileged)
{
    (void)privileged;
    return 0;
}
