/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_fix_facts.c - the facts for a plan: the survey, the helper's file, the caller, the system's programs.
 *
 * Programs that will run as root are looked for where the system keeps them and not in the caller's PATH. The helper is
 * the installed one, whatever JOULEBOOK_HELPER says.
 */
#include "cli/doctor_fix.h"

#include "base/text.h"
#include "sensor/privileged.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

bool fix_is_ours(const char *driver)
{
    return jb_streq(driver, "rapl-perf") || jb_streq(driver, "rapl-powercap");
}

static void look_at_survey(const struct jb_session *session, struct fix_facts *facts)
{
    const struct jb_meter *meter = jb_session_meter(session);
    bool denied = false, good = false;

    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, i, &info);
        if (fix_is_ours(info.driver)) {
            denied |= info.result == -EACCES || info.result == -EPERM;
            good |= info.result == 0;
        }
    }
    facts->denied = denied && !good;
    facts->powercap = access("/sys/class/powercap/intel-rapl:0/energy_uj", F_OK) == 0 ||
                      access("/sys/class/powercap/intel-rapl-mmio:0/energy_uj", F_OK) == 0;
}

static void find_program(const char *name, char *ret)
{
    static const char *const folders[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        jb_snprintf(ret, FIX_WORD, "%s/%s", folders[i], name);
        if (access(ret, X_OK) == 0) {
            return;
        }
    }
    ret[0] = '\0';
}

/* A folder in which others than root may put another file in the helper's place, and nobody knows when. No part of the
 * path is a link. */
static bool others_may_change(const char *path)
{
    char folder[FIX_WORD];
    struct stat st;

    jb_copy(folder, sizeof(folder), path);
    for (char *slash; (slash = strrchr(folder, '/')) != NULL;) {
        *(slash == folder ? slash + 1 : slash) = '\0';
        if (stat(folder, &st) < 0 || st.st_uid != 0 || (st.st_mode & 0022) != 0) {
            return true;
        }
        if (slash == folder) {
            return false;
        }
    }
    return true;
}

static bool is_member(gid_t group)
{
    gid_t groups[1024];
    int count = getgroups((int)(sizeof(groups) / sizeof(groups[0])), groups);
    bool member = getegid() == group;

    for (int i = 0; i < count; i++) {
        member |= groups[i] == group;
    }
    return member;
}

static void look_at_helper(struct fix_facts *facts)
{
    char real[PATH_MAX];
    struct stat st;
    struct statvfs fs;
    const struct group *group;

    /* Where it really is: a link on the way may be somebody's, who could let it lead elsewhere before we are done. */
    if (realpath(jb_privileged_installed(), real) == NULL || !jb_copy(facts->helper, sizeof(facts->helper), real)) {
        jb_copy(facts->helper, sizeof(facts->helper), jb_privileged_installed());
        return;
    }
    if (lstat(facts->helper, &st) < 0) {
        return;
    }
    facts->helper_there = true;
    if (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 0022) != 0 || others_may_change(facts->helper)) {
        facts->helper_unsafe = "others than root can change it or a folder that it is in (install it as root)";
    } else if (statvfs(facts->helper, &fs) < 0 || (fs.f_flag & ST_NOSUID) != 0) {
        facts->helper_unsafe = "its file system is mounted nosuid, where file capabilities do nothing";
    }
    facts->helper_capable = getxattr(facts->helper, "security.capability", NULL, 0) > 0;
    facts->helper_ours = (st.st_mode & S_IXOTH) != 0 || ((st.st_mode & S_IXGRP) != 0 && is_member(st.st_gid));
    group = getgrgid(st.st_gid);
    jb_copy(facts->helper_group, sizeof(facts->helper_group), group != NULL ? group->gr_name : "");
    facts->helper_group_shared = st.st_gid != 0 && group != NULL && getpwnam(facts->helper_group) == NULL;
}

/* Members by their login are in no list of the group's. */
static bool is_first_of_others(gid_t group, uid_t user)
{
    bool found = false;

    setpwent();
    for (const struct passwd *entry; !found && (entry = getpwent()) != NULL;) {
        found = entry->pw_gid == group && entry->pw_uid != user;
    }
    endpwent();
    return found;
}

static void look_at_caller(struct fix_facts *facts)
{
    const struct passwd *user = getpwuid(getuid());
    gid_t first = user != NULL ? user->pw_gid : 0;
    const struct group *group = user != NULL ? getgrgid(first) : NULL;

    jb_copy(facts->user, sizeof(facts->user), user != NULL ? user->pw_name : "");
    /* Its own: named like the user, and nobody was added to it. */
    facts->own_group =
        group != NULL && jb_streq(group->gr_name, facts->user) && first == getgid() &&
        (group->gr_mem[0] == NULL || (jb_streq(group->gr_mem[0], facts->user) && group->gr_mem[1] == NULL)) &&
        !is_first_of_others(first, getuid());
}

void fix_look(const struct jb_session *session, struct fix_facts *ret)
{
    memset(ret, 0, sizeof(*ret));
    look_at_survey(session, ret);
    look_at_caller(ret);
    look_at_helper(ret);
    find_program("setcap", ret->setcap);
    find_program("chown", ret->chown);
    find_program("chmod", ret->chmod);
    find_program("groupadd", ret->groupadd);
    find_program("usermod", ret->usermod);
    find_program("udevadm", ret->udevadm);
    find_program("tee", ret->tee);
}
