/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - a made-up machine in a folder of its own, for the tests of hardware/.
 */
#ifndef JB_TESTS_HARDWARE_SUPPORT_H
#define JB_TESTS_HARDWARE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include "hardware/hardware.h"
#include "hardware/probe.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct machine {
    char root[64];
    struct jb_machine found;
};

static inline void put_bytes(const struct machine *m, const char *path, const void *data, size_t length)
{
    char full[PATH_MAX];
    assert_true(snprintf(full, sizeof full, "%s%s", m->root, path) < (int)sizeof full);
    for (char *slash = full + strlen(m->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(full, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline void put(const struct machine *m, const char *path, const char *text)
{
    put_bytes(m, path, text, strlen(text));
}

static inline int make_machine(void **state)
{
    struct machine *m = calloc(1, sizeof *m);
    snprintf(m->root, sizeof m->root, "/tmp/jb-hardware-XXXXXX");
    if (mkdtemp(m->root) == NULL) {
        return -1;
    }
    *state = m;
    return 0;
}

static inline int drop_machine(void **state)
{
    struct machine *m = *state;
    folder_remove(m->root);
    free(m);
    return 0;
}

static inline const struct jb_machine *probe(struct machine *m)
{
    assert_int_equal(jb_machine_probe(m->root, NULL, &m->found, NULL), 0);
    return &m->found;
}

/* /sys topology of sockets x cores x threads, CPUs numbered as Linux does on servers: second threads last. */
static inline void put_topology(const struct machine *m, unsigned sockets, unsigned cores, unsigned threads)
{
    char path[128], text[32];
    unsigned count = sockets * cores * threads;
    for (unsigned cpu = 0; cpu < count; cpu++) {
        unsigned core = cpu % (sockets * cores);
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/physical_package_id", cpu);
        snprintf(text, sizeof text, "%u\n", core / cores);
        put(m, path, text);
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/core_id", cpu);
        snprintf(text, sizeof text, "%u\n", core % cores);
        put(m, path, text);
    }
    snprintf(text, sizeof text, "0-%u\n", count - 1);
    put(m, "/sys/devices/system/cpu/online", text);
}

/* One record of x86 /proc/cpuinfo per CPU. */
static inline void put_cpuinfo(const struct machine *m, const char *vendor, const char *name, unsigned sockets,
                               unsigned cores, unsigned threads, const char *flags)
{
    unsigned count = sockets * cores * threads;
    size_t room = (size_t)count * 512 + 1, length = 0;
    char *text = malloc(room);
    assert_non_null(text);
    for (unsigned cpu = 0; cpu < count; cpu++) {
        unsigned core = cpu % (sockets * cores);
        length +=
            (size_t)snprintf(text + length, room - length,
                             "processor\t: %u\nvendor_id\t: %s\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: %s\n"
                             "physical id\t: %u\ncore id\t\t: %u\nflags\t\t: fpu vme %s sse2\n\n",
                             cpu, vendor, name, core / cores, core % cores, flags);
    }
    put_bytes(m, "/proc/cpuinfo", text, length);
    free(text);
}

static inline void assert_near(double got, double wanted, double relative)
{
    if (!(fabs(got - wanted) <= fabs(wanted) * relative)) {
        fail_msg("%g is not within %g of %g", got, relative, wanted);
    }
}

#define TEST_ON_MACHINE(test) cmocka_unit_test_setup_teardown(test, make_machine, drop_machine)

#endif
