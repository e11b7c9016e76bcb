/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - a made-up machine with a time zone, in a folder of its own.
 */
#ifndef JB_TESTS_GRID_MACHINE_H
#define JB_TESTS_GRID_MACHINE_H

#include "base/file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char machine[64]; /* its root */

static inline void machine_path(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%s%s", machine, name);
    assert_int_equal(jb_mkdir_parents(path, 0755), 0);
}

static inline void machine_file(const char *name, const char *text)
{
    char path[PATH_MAX];
    machine_path(path, name);
    assert_int_equal(jb_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static inline void machine_link(const char *name, const char *target)
{
    char path[PATH_MAX];
    machine_path(path, name);
    unlink(path);
    assert_int_equal(symlink(target, path), 0);
}

/* A small tzdata whose answers are not those of the real one, so that a test sees which was read. */
static inline void machine_tzdata(void)
{
    machine_file("/usr/share/zoneinfo/zone1970.tab", "# countries first\n"
                                                     "KR\t+3733+12658\tAsia/Seoul\n"
                                                     "DE,DK,NO\t+5230+01322\tEurope/Berlin\n"
                                                     "NO,DE\t+5230+01322\tTest/Shared\n"
                                                     "US\t+340308-1181434\tAmerica/Los_Angeles\n"
                                                     "AQ\t-720041+0023206\tAntarctica/Troll\n"
                                                     "ZZ\t+0000+00000\tTest/Unknown\n"
                                                     "IN\t+2232+08822\tAsia/Kolkata\n");
    machine_file("/usr/share/zoneinfo/zone.tab", "NO\t+5955+01045\tEurope/Oslo\n"
                                                 "DK\t+5955+01045\tTest/Shared\n");
    machine_file("/usr/share/zoneinfo/tzdata.zi", "# version test\n"
                                                  "L Asia/Kolkata Asia/Calcutta\n"
                                                  "L America/Los_Angeles US/Pacific\n"
                                                  "L Europe/Berlin Europe/Oslo\n"
                                                  "L Europe/Berlin CET\n"
                                                  "L Asia/Seoul Iceland\n"
                                                  "L Etc/UTC UTC\n"
                                                  "L Test/Loop2 Test/Loop1\nL Test/Loop1 Test/Loop2\n"
                                                  "L Asia/Calcutta Test/Twice\n");
}

static inline int machine_setup(void **state)
{
    snprintf(machine, sizeof(machine), "/tmp/jb-grid-XXXXXX");
    unsetenv("TZ");
    return mkdtemp(machine) != NULL ? 0 : -1;
}

static inline void machine_remove(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char inner[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >= (int)sizeof(inner)) {
            continue;
        }
        if (unlink(inner) < 0) {
            machine_remove(inner);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    rmdir(path);
}

static inline int machine_teardown(void **state)
{
    machine_remove(machine);
    return 0;
}

#endif
