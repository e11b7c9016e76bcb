/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that tells what it does, as one with the probe would: finds the ring by its environment.
 *
 *   wire_app spans N          N spans "app"; exit status 0, or 3 when there is no ring to write to
 *   wire_app child N          the same in a child of its own, and then itself
 *   wire_app forever          spans until it is killed
 */
#include "trace/writer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void spans(struct jb_wire *wire, unsigned long count)
{
    uint32_t name = jb_wire_intern(wire, "app");
    for (unsigned long i = 0; i < count; i++) {
        if (jb_wire_begin(wire, JB_EVENT_OPERATOR, name, 0)) {
            jb_wire_end(wire, JB_EVENT_OPERATOR);
        }
    }
}

int main(int argc, char **argv)
{
    struct jb_wire *wire = jb_wire_attach();
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc < 2 || !wire) {
        return 3;
    }
    if (strcmp(argv[1], "forever") == 0) {
        for (;;) {
            spans(wire, 10);
        }
    }
    if (strcmp(argv[1], "child") == 0) {
        pid_t child = fork();
        spans(wire, count);
        if (child > 0) {
            int status;
            return waitpid(child, &status, 0) == child ? status : 4;
        }
        return child < 0 ? 4 : 0;
    }
    spans(wire, count);
    return 0;
}
