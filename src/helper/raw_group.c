/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw_group.c - by /etc/group itself and not by getgrnam(3), which loads libraries named in a configuration and may ask
 * the network, all inside a program with capabilities. So the group must be one of this machine.
 */
#include "helper/raw_group.h"

#include "helper/serve.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_GROUPS 65536 /* NGROUPS_MAX of Linux */

bool jb_helper_group_line(const char *line, const char *name, gid_t *ret)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ':') {
        return false;
    }
    const char *number = strchr(line + length + 1, ':'); /* behind the password */
    uint64_t value = 0;
    const char *at = number != NULL ? ++number : line;
    while (number != NULL && *at >= '0' && *at <= '9' && value <= UINT32_MAX) {
        value = value * 10 + (uint64_t)(*at++ - '0');
    }
    /* (gid_t)-1 is nobody's. */
    if (number == NULL || at == number || (*at != ':' && *at != '\0') || value >= UINT32_MAX) {
        return false;
    }
    *ret = (gid_t)value;
    return true;
}

static bool find_group(const struct jb_helper_place *place, gid_t *ret)
{
    char path[256], *line = NULL;
    size_t size = 0;
    bool found = false;

    snprintf(path, sizeof(path), "%s/etc/group", place->root);
    FILE *file = fopen(path, "re");
    for (ssize_t length; file != NULL && !found && (length = getline(&line, &size, file)) > 0;) {
        line[length - (line[length - 1] == '\n')] = '\0';
        found = jb_helper_group_line(line, JB_HELPER_RAW_GROUP, ret);
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

static bool is_member(gid_t group)
{
    int count = getgroups(0, NULL);
    gid_t *groups = count > 0 && count <= MAX_GROUPS ? malloc((size_t)count * sizeof(*groups)) : NULL;
    bool member = getgid() == group;

    count = groups != NULL ? getgroups(count, groups) : 0;
    for (int i = 0; i < count; i++) {
        member |= groups[i] == group;
    }
    free(groups);
    return member;
}

bool jb_helper_may_read_raw(const struct jb_helper_place *place)
{
    gid_t group;
    return getuid() == 0 || (find_group(place, &group) && is_member(group));
}
