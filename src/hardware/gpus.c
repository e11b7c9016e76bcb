/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVIDIA boards as the kernel module shows them without any library: a folder per board under
 * /proc/driver/nvidia/gpus, named by its PCI place, with a file "information" of "Key: value" lines. Odd: the UUID is
 * question marks until somebody has used the board, and the model may be "Unknown".
 */
#include "hardware/probe.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take(char *to, size_t size, const char *line, const char *key)
{
    if (!jb_starts(line, key)) {
        return;
    }
    char value[192];
    size_t length = strcspn(line, "\n");
    size_t skip = strlen(key);
    size_t n = length - skip < sizeof value - 1 ? length - skip : sizeof value - 1;
    memcpy(value, line + skip, n);
    value[n] = '\0';
    char *text = jb_trim(value);
    jb_sanitise(text);
    if (strchr(text, '?') == NULL && !jb_ieq(text, "unknown")) {
        jb_copy(to, size, text);
    }
}

void jb_nvidia_information_parse(const char *text, struct jb_gpu_info *ret)
{
    while (*text != '\0') {
        take(ret->name, sizeof ret->name, text, "Model:");
        take(ret->uuid, sizeof ret->uuid, text, "GPU UUID:");
        take(ret->pci, sizeof ret->pci, text, "Bus Location:");
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
}

static int by_pci(const void *a, const void *b)
{
    return strcmp(((const struct jb_gpu_info *)a)->pci, ((const struct jb_gpu_info *)b)->pci);
}

void jb_gpus_read(const char *root, struct jb_machine *machine)
{
    DIR *folder = jb_root_opendir(root, "/proc/driver/nvidia/gpus");
    if (folder == NULL) {
        return;
    }
    for (struct dirent *e; machine->gpu_count < JB_MAX_GPUS && (e = readdir(folder)) != NULL;) {
        char path[320], text[4096];
        struct jb_gpu_info *gpu = &machine->gpus[machine->gpu_count];
        snprintf(path, sizeof path, "/proc/driver/nvidia/gpus/%s/information", e->d_name);
        if (e->d_name[0] == '.' || jb_root_read(root, path, text, sizeof text) <= 0) {
            continue;
        }
        jb_copy(gpu->pci, sizeof gpu->pci, e->d_name);
        jb_sanitise(gpu->pci);
        jb_nvidia_information_parse(text, gpu);
        machine->gpu_count++;
    }
    closedir(folder);
    qsort(machine->gpus, machine->gpu_count, sizeof machine->gpus[0], by_pci);
}
