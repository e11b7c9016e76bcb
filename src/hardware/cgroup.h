/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.h - what our control group may use: CPU quota and memory, version 2 and version 1.
 *
 * A limit of any ancestor binds, so all are looked at, from our group (/proc/self/cgroup) up to what is mounted; in a
 * container with its own mount the paths above do not exist and its own group is the mount itself.
 */
#ifndef JB_HARDWARE_CGROUP_H
#define JB_HARDWARE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_cgroup {
    double cpus;            /* quota / period, the least over all ancestors; 0: none */
    uint64_t memory_bytes;  /* the least; 0: none */
    bool in_container_path; /* the path of the group is one that container engines make */
    char usage_path[256];   /* below root: the CPU time of the group whose quota binds (or of ours); empty */
    bool usage_is_v1;       /* nanoseconds alone in the file, else the line "usage_usec N" */
};

void jb_cgroup_read(const char *root, struct jb_cgroup *ret);

/* The path of `controller` ("cpu"; "": version 2) in the text of /proc/self/cgroup. false: not there. */
bool jb_cgroup_path(const char *text, const char *controller, char *path, size_t size);
/* "max 100000", "200000 100000" -> CPUs; 0: no limit, or not a limit. */
double jb_cgroup_cpu_max(const char *text);

#endif
