/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much memory there is and in how many modules. MemTotal of /proc/meminfo leaves out what the kernel took at boot.
 * Modules: SMBIOS type 17 (root only), else the EDAC driver's dimm folders (everybody, servers with ECC).
 */
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define MAX_ENTRIES 1024

static uint64_t mem_total(const char *root)
{
    char text[8192];
    uint64_t kib;
    const char *end;
    if (jb_root_read(root, "/proc/meminfo", text, sizeof text) <= 0) {
        return 0;
    }
    for (const char *line = text; *line != '\0'; line += *line == '\n') {
        size_t length = strcspn(line, "\n");
        if (jb_starts(line, "MemTotal:")) {
            size_t name = strlen("MemTotal:");
            bool good = jb_scan_u64(line + name, length - name, &kib, &end) == 0 && kib < UINT64_MAX >> 10;
            return good ? kib << 10 : 0;
        }
        line += length;
    }
    return 0;
}

static void add_dimm(struct jb_machine *machine, const char *type)
{
    machine->dimms++;
    if (machine->dimm_type[0] == '\0') {
        jb_copy(machine->dimm_type, sizeof machine->dimm_type, type);
    }
}

static void from_smbios(const char *root, struct jb_machine *machine)
{
    DIR *folder = jb_root_opendir(root, "/sys/firmware/dmi/entries");
    if (folder == NULL) {
        return;
    }
    int left = MAX_ENTRIES;
    for (struct dirent *e; left > 0 && (e = readdir(folder)) != NULL;) {
        char path[320], raw[1024];
        struct jb_dimm dimm;
        if (!jb_starts(e->d_name, "17-")) {
            continue;
        }
        left--;
        snprintf(path, sizeof path, "/sys/firmware/dmi/entries/%s/raw", e->d_name);
        ssize_t length = jb_root_read(root, path, raw, sizeof raw);
        if (length > 0 && jb_smbios_dimm((const uint8_t *)raw, (size_t)length, &dimm) && dimm.bytes > 0) {
            add_dimm(machine, dimm.type);
        }
    }
    closedir(folder);
}

/* "Registered-DDR4" -> "DDR4 RDIMM". */
static void edac_type(const char *text, char *type, size_t size)
{
    const char *dash = strchr(text, '-');
    const char *kind = dash != NULL ? dash + 1 : text;
    const char *form = jb_starts(text, "Registered-") || jb_starts(text, "Load-Reduced-") ? " RDIMM"
                       : jb_starts(text, "Unbuffered-")                                   ? " UDIMM"
                                                                                          : "";
    char plain[8] = "";
    for (int generation = 5; generation >= 2 && plain[0] == '\0'; generation--) {
        char word[8];
        snprintf(word, sizeof word, "DDR%d", generation);
        if (strstr(kind, word) != NULL) {
            jb_copy(plain, sizeof plain, word);
        }
    }
    snprintf(type, size, "%s%s", plain, plain[0] != '\0' ? form : "");
}

static void from_edac_controller(const char *root, const char *controller, struct jb_machine *machine)
{
    char path[640];
    snprintf(path, sizeof path, "/sys/devices/system/edac/mc/%s", controller);
    DIR *folder = jb_root_opendir(root, path);
    if (folder == NULL) {
        return;
    }
    int left = MAX_ENTRIES;
    for (struct dirent *e; left > 0 && (e = readdir(folder)) != NULL;) {
        char text[64] = "", type[16] = "";
        uint64_t mib = 1; /* a folder without a size is a module all the same */
        if (!jb_starts(e->d_name, "dimm") || strlen(e->d_name) > 32) {
            continue;
        }
        left--;
        snprintf(path, sizeof path, "/sys/devices/system/edac/mc/%s/%s/size", controller, e->d_name);
        jb_root_read_u64(root, path, &mib);
        snprintf(path, sizeof path, "/sys/devices/system/edac/mc/%s/%s/dimm_mem_type", controller, e->d_name);
        if (jb_root_read(root, path, text, sizeof text) > 0) {
            edac_type(text, type, sizeof type);
        }
        if (mib > 0) {
            add_dimm(machine, type);
        }
    }
    closedir(folder);
}

static void from_edac(const char *root, struct jb_machine *machine)
{
    DIR *folder = jb_root_opendir(root, "/sys/devices/system/edac/mc");
    if (folder == NULL) {
        return;
    }
    int left = 64;
    for (struct dirent *e; left > 0 && (e = readdir(folder)) != NULL;) {
        if (jb_starts(e->d_name, "mc") && strlen(e->d_name) <= 32) {
            left--;
            from_edac_controller(root, e->d_name, machine);
        }
    }
    closedir(folder);
}

void jb_memory_read(const char *root, struct jb_machine *machine)
{
    machine->ram_bytes = mem_total(root);
    from_smbios(root, machine);
    if (machine->dimms == 0) {
        from_edac(root, machine);
    }
}
