/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drm_look.c - who used the graphics cards since the last look: a walk over /proc.
 *
 * See drm_fdinfo.h for what is counted and how. Only links that lead to /dev/dri/ are looked into, so that a process
 * without any costs one readlink(2) for each file that it has open. Odd: a process that ends under our eyes is no
 * error, and one that we may not look into is not one that has nothing open.
 */
#include "sensor/drm_fdinfo.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/sensor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OLD_AGE 60 /* looks */
#define TURNS   8

#define FULL_PPM        1000000u
#define UNEXPLAINED_PPM 100000 /* gpu_busy_percent is filtered and ends at another instant: 10 % is no stranger */

struct walk {
    struct jb_drm_look *look;
    const struct jb_sensor_env *env;
    const char (*pci)[16];
    size_t count;
    bool first;
    bool fresh; /* the process at hand was looked into at the last look too, or was not there */
};

static struct jb_drm_client *find_client(struct jb_drm_look *look, int device, uint64_t id)
{
    for (size_t i = 0; i < look->client_count; i++) {
        if (look->clients[i].device == device && look->clients[i].id == id) {
            return &look->clients[i];
        }
    }
    return NULL;
}

static struct jb_drm_engine *find_engine(struct jb_drm_client *client, const struct jb_drm_engine *like)
{
    for (size_t i = 0; i < client->engine_count; i++) {
        if (client->engines[i].cycles == like->cycles && jb_streq(client->engines[i].name, like->name)) {
            return &client->engines[i];
        }
    }
    return NULL;
}

/* part / (whole x capacity), at most 1, in ppm. */
static uint32_t share(uint64_t part, uint64_t whole, uint64_t capacity)
{
    unsigned __int128 all = (unsigned __int128)whole * capacity;
    if (all == 0) {
        return 0;
    }
    unsigned __int128 ppm = (unsigned __int128)part * FULL_PPM / all;
    return ppm < FULL_PPM ? (uint32_t)ppm : FULL_PPM;
}

/* One engine's share since the last look; false when that cannot be told yet. */
static bool engine_share(const struct jb_drm_look *look, const struct jb_drm_engine *was,
                         const struct jb_drm_engine *now, bool born, uint32_t *ret)
{
    if (!was && !born) {
        return false;
    }
    uint64_t busy = !was ? now->busy : now->busy > was->busy ? now->busy - was->busy : 0;
    if (!now->cycles) {
        *ret = share(busy, look->t1_ns - look->t0_ns, now->capacity);
        return true;
    }
    if (!was || now->total <= was->total) {
        *ret = 0;
        return busy == 0;
    }
    *ret = share(busy, now->total - was->total, now->capacity);
    return true;
}

/* The engines of a client as they are now: its share is the largest of theirs, and the largest values are kept. `born`:
 * all that it ever did, it did since the last look. */
static void take_engines(struct jb_drm_look *look, struct jb_drm_client *client, const struct jb_drm_fdinfo *info,
                         bool born)
{
    client->known = (client->old || born) && (info->engine_count > 0 || jb_streq(info->driver, "amdgpu"));
    client->share_ppm = 0;
    for (size_t i = 0; i < info->engine_count; i++) {
        const struct jb_drm_engine *now = &info->engines[i];
        struct jb_drm_engine *was = find_engine(client, now);
        uint32_t ppm = 0;
        /* An engine that an old client never used before began at nothing. */
        if (client->known && !engine_share(look, was, now, born || client->old, &ppm)) {
            client->known = false;
        }
        client->share_ppm = ppm > client->share_ppm ? ppm : client->share_ppm;
        if (!was && client->engine_count < JB_DRM_MAX_ENGINES) {
            client->engines[client->engine_count++] = *now;
        } else if (was) {
            was->busy = now->busy > was->busy ? now->busy : was->busy;
            was->total = now->total > was->total ? now->total : was->total;
            was->capacity = now->capacity;
        }
    }
}

static void take_client(struct walk *walk, int32_t pid, const struct jb_drm_fdinfo *info, int device)
{
    struct jb_drm_look *look = walk->look;
    struct jb_drm_client *client = find_client(look, device, info->client);
    if (client && client->seen) {
        client->pid = pid < client->pid ? pid : client->pid;
        return;
    }
    bool born = !client && !walk->first && walk->fresh;
    if (!client) {
        if (look->client_count == JB_DRM_MAX_CLIENTS) {
            look->complete = false;
            return;
        }
        client = &look->clients[look->client_count++];
        *client = (struct jb_drm_client){.id = info->client, .device = device};
    }
    client->pid = pid;
    client->seen = true;
    take_engines(look, client, info, born);
}

static void take_file(struct walk *walk, struct jb_drm_pid *process, const char *fd)
{
    struct jb_drm_look *look = walk->look;
    struct jb_drm_fdinfo info;
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.20s", (int)process->pid, fd);
    ssize_t length = jb_root_read(walk->env->root, path, look->text, sizeof(look->text));
    if (length <= 0) {
        look->complete = look->complete && (length == 0 || length == -ENOENT || length == -ESRCH);
        return;
    }
    /* A kernel from before these texts: somebody has some card open. */
    if (jb_drm_fdinfo_parse(look->text, (size_t)length, &info) < 0 || !info.has_client) {
        look->complete = false;
        return;
    }
    for (size_t i = 0; i < walk->count; i++) {
        if (jb_streq(info.pci, walk->pci[i])) {
            take_client(walk, process->pid, &info, (int)i);
            process->holds = true;
        }
    }
}

static bool is_number(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > 10) {
        return false;
    }
    for (; *name; name++) {
        if (!isdigit((unsigned char)*name)) {
            return false;
        }
    }
    return true;
}

static void take_process(struct walk *walk, struct jb_drm_pid *process)
{
    struct jb_drm_look *look = walk->look;
    char path[32], target[32];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)process->pid);
    DIR *folder = jb_root_opendir(walk->env->root, path);
    process->holds = false;
    process->denied = !folder && errno != ENOENT && errno != ESRCH;
    if (!folder) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (look->files++ >= JB_DRM_MAX_FILES) {
            look->complete = false;
            break;
        }
        if (!is_number(entry->d_name)) {
            continue;
        }
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        if (jb_starts(target, "/dev/dri/")) {
            take_file(walk, process, entry->d_name);
        }
    }
    closedir(folder);
}

/* One process of /proc: what is known of it, and when it is its turn what it has open. */
static struct jb_drm_pid visit(struct walk *walk, int32_t pid, const struct jb_drm_pid *was)
{
    struct jb_drm_pid process = {.pid = pid, .age = walk->first ? OLD_AGE : 0};
    if (was) {
        process = *was;
        process.age += process.age < OLD_AGE;
    }
    process.scanned = !was || was->holds || process.age < OLD_AGE || ((uint64_t)pid + walk->look->looks) % TURNS == 0;
    walk->fresh = !was || was->scanned;
    if (process.scanned) {
        take_process(walk, &process);
    }
    walk->look->complete = walk->look->complete && !process.denied;
    return process;
}

/* The kernel lists processes by rising pid, so that those of the last look are found in passing; where a made-up /proc
 * does not, a process may pass for a new one. */
static void walk_processes(struct walk *walk)
{
    struct jb_drm_look *look = walk->look;
    DIR *folder = jb_root_opendir(walk->env->root, "/proc");
    const struct jb_drm_pid *before = look->known[look->looks % 2];
    struct jb_drm_pid *now = look->known[(look->looks + 1) % 2];
    size_t at = 0;
    look->complete = look->complete && folder;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        uint64_t pid;
        if (!is_number(entry->d_name) || jb_parse_u64(entry->d_name, &pid) < 0 || pid == 0 || pid > INT32_MAX) {
            continue;
        }
        if (look->pids == JB_DRM_MAX_PIDS || look->files >= JB_DRM_MAX_FILES) {
            look->complete = false;
            break;
        }
        while (at < look->known_count && before[at].pid < (int32_t)pid) {
            at++;
        }
        bool known = at < look->known_count && before[at].pid == (int32_t)pid;
        now[look->pids] = visit(walk, (int32_t)pid, known ? &before[at] : NULL);
        look->pids++;
    }
    if (folder) {
        closedir(folder);
    }
    look->known_count = look->pids;
    look->looks++;
}

/* Where the processes of others are hidden altogether (hidepid, a namespace of pids), nobody is refused. */
static bool sees_all(const struct jb_sensor_env *env)
{
    return jb_root_exists(env->root, "/proc/1") && !(env->machine && env->machine->container);
}

static void forget_the_gone(struct jb_drm_look *look)
{
    size_t kept = 0;
    for (size_t i = 0; i < look->client_count; i++) {
        if (look->clients[i].seen) {
            look->clients[kept] = look->clients[i];
            look->clients[kept++].old = true;
        }
    }
    look->client_count = kept;
}

static struct jb_drm_use *find_use(struct jb_drm_look *look, int device, int32_t pid)
{
    for (size_t i = 0; i < look->use_count; i++) {
        if (look->uses[i].device == device && look->uses[i].pid == pid) {
            return &look->uses[i];
        }
    }
    return NULL;
}

static struct jb_drm_use *use_of(struct jb_drm_look *look, int device, int32_t pid)
{
    struct jb_drm_use *use = find_use(look, device, pid);
    if (!use && look->use_count < JB_DRM_MAX_USES) {
        use = &look->uses[look->use_count++];
        *use = (struct jb_drm_use){.device = device, .pid = pid, .known = true};
    }
    return use;
}

/* From clients to processes. */
static void gather(struct jb_drm_look *look)
{
    look->use_count = 0;
    for (size_t i = 0; i < look->client_count; i++) {
        const struct jb_drm_client *client = &look->clients[i];
        if (client->known && client->share_ppm == 0) {
            continue;
        }
        struct jb_drm_use *use = use_of(look, client->device, client->pid);
        if (!use) {
            look->complete = false;
            return;
        }
        use->known = use->known && client->known;
        use->busy_ppm += client->known ? client->share_ppm : 0;
        use->busy_ppm = use->busy_ppm < FULL_PPM ? use->busy_ppm : FULL_PPM;
    }
}

static void scale_down(struct jb_drm_look *look, int device)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < look->use_count; i++) {
        sum += look->uses[i].device == device && look->uses[i].known ? look->uses[i].busy_ppm : 0;
    }
    for (size_t i = 0; i < look->use_count && sum > FULL_PPM; i++) {
        struct jb_drm_use *use = &look->uses[i];
        if (use->device == device && use->known) {
            use->busy_ppm = (uint32_t)((uint64_t)use->busy_ppm * FULL_PPM / sum);
        }
    }
}

void jb_drm_look(struct jb_drm_look *look, const struct jb_sensor_env *env, const char (*pci)[16], size_t count)
{
    struct walk walk = {.look = look, .env = env, .pci = pci, .count = count, .first = look->t1_ns == 0};
    look->pids = look->files = 0;
    look->complete = sees_all(env);
    for (size_t i = 0; i < look->client_count; i++) {
        look->clients[i].seen = false;
    }
    uint64_t now_ns = jb_mono_ns();
    look->t0_ns = walk.first ? now_ns : look->t1_ns;
    look->t1_ns = now_ns > look->t0_ns ? now_ns : look->t0_ns + 1;
    walk_processes(&walk);
    forget_the_gone(look);
    gather(look);
    for (size_t i = 0; i < count; i++) {
        scale_down(look, (int)i);
    }
}

bool jb_drm_look_add_unknown(struct jb_drm_look *look, int device, int32_t pid)
{
    struct jb_drm_use *use = use_of(look, device, pid);
    if (use) {
        use->known = false;
    }
    return use != NULL;
}

/* Was the device busier than those who were seen explain? One of whom it is not known how busy he was explains all. */
static bool strangers(const struct jb_drm_look *look, int device, int64_t total_ppm)
{
    int64_t seen_ppm = 0;
    for (size_t i = 0; i < look->use_count; i++) {
        if (look->uses[i].device == device && !look->uses[i].known) {
            return false;
        }
        seen_ppm += look->uses[i].device == device ? look->uses[i].busy_ppm : 0;
    }
    return !look->complete && (total_ppm < 0 || total_ppm > seen_ppm + UNEXPLAINED_PPM);
}

size_t jb_drm_look_uses(const struct jb_drm_look *look, int device, int channel, int64_t total_ppm,
                        struct jb_gpu_use *ret, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < look->use_count && count < max; i++) {
        const struct jb_drm_use *use = &look->uses[i];
        if (use->device == device) {
            ret[count++] = (struct jb_gpu_use){.channel = channel,
                                               .pid = use->pid,
                                               .utilisation_known = use->known,
                                               .busy_ppm = use->known ? use->busy_ppm : 0,
                                               .t0_ns = look->t0_ns,
                                               .t1_ns = look->t1_ns};
        }
    }
    if (count < max && strangers(look, device, total_ppm)) {
        ret[count++] = (struct jb_gpu_use){.channel = channel, .t0_ns = look->t0_ns, .t1_ns = look->t1_ns};
    }
    return count;
}
