/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What board this is, whether it is carried about, and an id that stays with it. DMI (/sys/class/dmi/id) on PCs and
 * servers, the device tree on boards. The machine id is hashed because machine-id(5) asks that it not be shown as it
 * is.
 */
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void read_text(const char *root, const char *path, char *ret, size_t size)
{
    char text[512];
    ret[0] = '\0';
    if (jb_root_read(root, path, text, sizeof text) > 0) {
        jb_sanitise(text);
        jb_copy(ret, size, jb_trim(text));
    }
}

void jb_dmi_read(const char *root, const char *name, char *ret, size_t size)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/class/dmi/id/%s", name);
    read_text(root, path, ret, size);
}

void jb_device_tree_read(const char *root, const char *name, char *ret, size_t size)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/device-tree/%s", name);
    read_text(root, path, ret, size); /* properties end with a NUL, which ends the text */
    if (ret[0] == '\0') {
        snprintf(path, sizeof path, "/sys/firmware/devicetree/base/%s", name);
        read_text(root, path, ret, size);
    }
}

static bool portable_chassis(const char *root)
{
    static const unsigned char portable[] = {8, 9, 10, 11, 14, 30, 31, 32}; /* DSP0134 7.4.1: laptop ... detachable */
    char text[16];
    uint64_t type;
    jb_dmi_read(root, "chassis_type", text, sizeof text);
    return jb_parse_u64(text, &type) == 0 && type < 64 && memchr(portable, (int)type, sizeof portable) != NULL;
}

static bool has_battery(const char *root)
{
    DIR *folder = jb_root_opendir(root, "/sys/class/power_supply");
    bool found = false;
    int left = 64;
    for (struct dirent *e; folder != NULL && !found && left-- > 0 && (e = readdir(folder)) != NULL;) {
        char path[320], type[32], scope[32];
        snprintf(path, sizeof path, "/sys/class/power_supply/%s/type", e->d_name);
        read_text(root, path, type, sizeof type);
        snprintf(path, sizeof path, "/sys/class/power_supply/%s/scope", e->d_name);
        read_text(root, path, scope, sizeof scope);
        found = strcmp(type, "Battery") == 0 && strcmp(scope, "Device") != 0; /* a mouse has one too */
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return found;
}

static bool useful_serial(const char *text)
{
    static const char *const fillers[] = {
        "To be filled by O.E.M.", "Default string", "Not Specified", "None", "System Serial Number", "0",
        "Not Applicable"};
    for (size_t i = 0; i < JB_COUNT(fillers); i++) {
        if (jb_ieq(text, fillers[i])) {
            return false;
        }
    }
    return text[0] != '\0';
}

static bool machine_id(const char *root, char *ret, size_t size)
{
    read_text(root, "/etc/machine-id", ret, size);
    return strlen(ret) == 32 && strspn(ret, "0123456789abcdefABCDEF") == 32;
}

static bool serials(const char *root, char *ret, size_t size)
{
    char uuid[64], product[64], board[64], tree[64];
    jb_dmi_read(root, "product_uuid", uuid, sizeof uuid);
    jb_dmi_read(root, "product_serial", product, sizeof product);
    jb_dmi_read(root, "board_serial", board, sizeof board);
    jb_device_tree_read(root, "serial-number", tree, sizeof tree);
    if (!useful_serial(uuid) && !useful_serial(product) && !useful_serial(board) && !useful_serial(tree)) {
        return false;
    }
    snprintf(ret, size, "%s/%s/%s/%s", uuid, product, board, tree);
    return true;
}

static void identify(const char *root, struct jb_machine *machine)
{
    char known[320], text[352];
    if (machine_id(root, known, sizeof known) || serials(root, known, sizeof known)) {
        snprintf(text, sizeof text, "joulebook%s", known);
        jb_sha256_hex(text, strlen(text), machine->id);
    }
    read_text(root, "/proc/sys/kernel/hostname", machine->host, sizeof machine->host);
    if (machine->host[0] == '\0') {
        read_text(root, "/etc/hostname", machine->host, sizeof machine->host);
    }
    if (machine->host[0] == '\0' && jb_root_is_real(root) &&
        gethostname(machine->host, sizeof machine->host - 1) == 0) {
        jb_sanitise(machine->host);
    }
}

void jb_board_read(const char *root, struct jb_machine *machine)
{
    identify(root, machine);
    jb_dmi_read(root, "product_name", machine->board, sizeof machine->board);
    if (!useful_serial(machine->board) || jb_ieq(machine->board, "System Product Name")) {
        jb_dmi_read(root, "board_name", machine->board, sizeof machine->board);
    }
    if (machine->board[0] == '\0') {
        jb_device_tree_read(root, "model", machine->board, sizeof machine->board);
    }
    machine->laptop = portable_chassis(root) || has_battery(root);
}
