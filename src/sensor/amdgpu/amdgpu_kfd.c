/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu_kfd.c - who computes on AMD cards through /dev/kfd, as all of ROCm does.
 *
 * Queues of KFD are fed by the process itself, so no DRM client's time counts them (amdgpu_fdinfo.c adds up contexts of
 * the DRM scheduler only). What the kernel tells is /sys/class/kfd/kfd/proc/PID/queues/N/gpuid (kfd_process.c), to
 * everybody and of everybody's processes: who has a queue on which GPU, but not how busy it keeps it. ROCm opens every
 * card that it sees, so a queue is asked for, as rocm_smi does; kernels without these folders tell memory
 * (vram_GPUID) instead. Odd: a card that is divided into partitions has several GPU ids, with one PCI address.
 */
#include "sensor/amdgpu/amdgpu.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOPOLOGY    "/sys/class/kfd/kfd/topology/nodes"
#define PROCESSES   "/sys/class/kfd/kfd/proc"
#define MAX_NODES   512
#define MAX_ENTRIES 16384 /* of all folders in one look */

static bool is_number(const char *name, uint64_t *ret)
{
    return strlen(name) <= 10 && jb_parse_u64(name, ret) == 0;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

/* "location_id 49408" among the lines of a node. */
static bool property(const char *text, const char *key, uint64_t *ret)
{
    size_t length = strlen(key);
    for (const char *line = text; line; line = next_line(line)) {
        const char *end;
        if (strncmp(line, key, length) == 0 && line[length] == ' ') {
            return jb_scan_u64(line + length, strcspn(line + length, "\n"), ret, &end) == 0;
        }
    }
    return false;
}

static int card_at(const struct jb_amdgpu *amdgpu, uint64_t domain, uint64_t location)
{
    char pci[16];
    snprintf(pci, sizeof(pci), "%04x:%02x:%02x.%x", (unsigned int)(domain & 0xffff),
             (unsigned int)(location >> 8 & 0xff), (unsigned int)(location >> 3 & 0x1f), (unsigned int)(location & 7));
    for (int i = 0; i < amdgpu->count; i++) {
        if (jb_streq(amdgpu->cards[i].drm.pci, pci)) {
            return i;
        }
    }
    return -1;
}

static void take_node(struct jb_amdgpu *amdgpu, const struct jb_sensor_env *env, uint64_t number)
{
    char path[96], text[8192];
    uint64_t gpu_id, location, domain = 0;
    snprintf(path, sizeof(path), TOPOLOGY "/%u/gpu_id", (unsigned int)number);
    if (jb_root_read_u64(env->root, path, &gpu_id) < 0 || gpu_id == 0) {
        return; /* a CPU */
    }
    snprintf(path, sizeof(path), TOPOLOGY "/%u/properties", (unsigned int)number);
    if (jb_root_read(env->root, path, text, sizeof(text)) <= 0 || !property(text, "location_id", &location)) {
        return;
    }
    (void)property(text, "domain", &domain);
    /* The first 4 bits of a divided card's location are the partition. */
    int card = card_at(amdgpu, domain, location & 0xffff);
    if (card >= 0 && amdgpu->node_count < (int)JB_COUNT(amdgpu->nodes)) {
        amdgpu->nodes[amdgpu->node_count].gpu_id = gpu_id;
        amdgpu->nodes[amdgpu->node_count++].card = card;
    }
}

void jb_amdgpu_kfd_open(struct jb_amdgpu *amdgpu, const struct jb_sensor_env *env)
{
    DIR *folder = jb_root_opendir(env->root, TOPOLOGY);
    if (!folder) {
        return;
    }
    int left = MAX_NODES;
    for (struct dirent *entry; left > 0 && (entry = readdir(folder)) != NULL; left--) {
        uint64_t number;
        if (is_number(entry->d_name, &number)) {
            take_node(amdgpu, env, number);
        }
    }
    closedir(folder);
}

static bool add_user(struct jb_amdgpu *amdgpu, uint64_t gpu_id, int32_t pid)
{
    for (int i = 0; i < amdgpu->node_count; i++) {
        if (amdgpu->nodes[i].gpu_id == gpu_id) {
            return jb_drm_look_add_unknown(&amdgpu->look, amdgpu->nodes[i].card, pid);
        }
    }
    return true;
}

struct kfd {
    struct jb_amdgpu *amdgpu;
    const struct jb_sensor_env *env;
    int left;         /* entries that may still be looked at */
    bool full;        /* not everybody could be looked at */
    bool any, anyone; /* there are processes; one of them is visible to us */
};

/* Kernels without folders of queues: memory on the card. */
static void take_memory(struct kfd *kfd, int32_t pid)
{
    for (int i = 0; i < kfd->amdgpu->node_count; i++) {
        char path[96];
        uint64_t bytes;
        snprintf(path, sizeof(path), PROCESSES "/%d/vram_%llu", (int)pid,
                 (unsigned long long)kfd->amdgpu->nodes[i].gpu_id);
        if (jb_root_read_u64(kfd->env->root, path, &bytes) == 0 && bytes > 0) {
            kfd->full |= !add_user(kfd->amdgpu, kfd->amdgpu->nodes[i].gpu_id, pid);
        }
    }
}

static void take_process(struct kfd *kfd, int32_t pid)
{
    char path[96];
    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    kfd->any = true;
    kfd->anyone = kfd->anyone || jb_root_exists(kfd->env->root, path);
    snprintf(path, sizeof(path), PROCESSES "/%d/queues", (int)pid);
    DIR *folder = jb_root_opendir(kfd->env->root, path);
    if (!folder) {
        take_memory(kfd, pid);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint64_t queue, gpu_id;
        if (!is_number(entry->d_name, &queue)) {
            continue;
        }
        if (kfd->left-- <= 0) {
            kfd->full = true;
            break;
        }
        snprintf(path, sizeof(path), PROCESSES "/%d/queues/%llu/gpuid", (int)pid, (unsigned long long)queue);
        if (jb_root_read_u64(kfd->env->root, path, &gpu_id) == 0) {
            kfd->full |= !add_user(kfd->amdgpu, gpu_id, pid);
        }
    }
    closedir(folder);
}

int jb_amdgpu_kfd_look(struct jb_amdgpu *amdgpu, const struct jb_sensor_env *env)
{
    struct kfd kfd = {.amdgpu = amdgpu, .env = env, .left = MAX_ENTRIES};
    DIR *folder = amdgpu->node_count ? jb_root_opendir(env->root, PROCESSES) : NULL;
    if (!folder) {
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint64_t pid;
        if (!is_number(entry->d_name, &pid) || pid == 0 || pid > INT32_MAX) {
            continue;
        }
        if (kfd.left-- <= 0) {
            kfd.full = true;
            break;
        }
        take_process(&kfd, (int32_t)pid);
    }
    closedir(folder);
    /* The pids of a container are not those that KFD tells. */
    bool foreign = kfd.any && !kfd.anyone && env->machine && env->machine->container;
    return kfd.full || foreign ? -EAGAIN : 0;
}
