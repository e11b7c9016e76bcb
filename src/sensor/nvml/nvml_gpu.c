/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_gpu.c - who a GPU is: its name, its identity over runs, its number among the machine's accelerators, its limits.
 *
 * Documented in the NVML API Reference Guide, "Device Queries". Odd: NVML writes PCI domains with eight digits and the
 * kernel with four, and NVML's order of GPUs is not the kernel's; a card that cannot be opened still gets an identity,
 * so that the doctor can tell which one it is. Names come from firmware: they are sanitised.
 */
#include "sensor/nvml/nvml.h"

#include "base/text.h"
#include "hardware/hardware.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool jb_nvml_parse_pci(const char *text, uint64_t *ret)
{
    uint64_t address = 0, part = 0;
    unsigned int digits = 0, colons = 0;
    bool dot = false;
    for (; *text; text++) {
        int digit = hex_digit(*text);
        if (digit >= 0 && digits < 8) {
            part = part << 4 | (uint64_t)digit;
            digits++;
        } else if ((*text == ':' || *text == '.') && digits && !dot && colons < 3) {
            address = address << (*text == '.' || colons > 0 ? 8 : 0) | part;
            dot = *text == '.';
            colons += !dot;
            part = 0;
            digits = 0;
        } else {
            return false;
        }
    }
    if (!digits || !dot || !colons) {
        return false;
    }
    *ret = address << 8 | part;
    return true;
}

bool jb_nvml_same_pci(const char *a, const char *b)
{
    uint64_t address_a = 0, address_b = 0;
    return jb_nvml_parse_pci(a, &address_a) && jb_nvml_parse_pci(b, &address_b) && address_a == address_b;
}

bool jb_nvml_is_gone(int code)
{
    return code == JB_NVML_GPU_IS_LOST || code == JB_NVML_RESET_REQUIRED;
}

bool jb_nvml_is_stale(int code)
{
    return code == JB_NVML_UNINITIALIZED || code == JB_NVML_DRIVER_NOT_LOADED;
}

bool jb_nvml_is_read(const struct jb_nvml_gpu *gpu)
{
    return gpu->energy >= 0 || gpu->power >= 0 || gpu->model >= 0 || gpu->module_power >= 0;
}

enum jb_status jb_nvml_status(int code)
{
    switch (code) {
    case JB_NVML_SUCCESS:
        return JB_OK;
    case JB_NVML_NOT_SUPPORTED:
    case JB_NVML_FUNCTION_NOT_FOUND:
    case JB_NVML_INVALID_ARGUMENT:
        return JB_UNSUPPORTED;
    case JB_NVML_NO_PERMISSION:
    case JB_NVML_OPERATING_SYSTEM:
        return JB_DENIED;
    case JB_NVML_GPU_IS_LOST:
    case JB_NVML_RESET_REQUIRED:
        return JB_GONE;
    default:
        return JB_FAILED;
    }
}

/* The library should terminate what it writes; a stub or a broken one may not. */
static void tidy(char *text, size_t size)
{
    text[size - 1] = '\0';
    jb_sanitise(text);
}

static void read_uuid(const struct jb_nvml_api *api, struct jb_nvml_device *device, char *uuid, size_t size)
{
    if (!api->device_uuid || api->device_uuid(device, uuid, (unsigned int)size) != JB_NVML_SUCCESS) {
        uuid[0] = '\0';
    }
    tidy(uuid, size);
}

static void read_pci(const struct jb_nvml_api *api, struct jb_nvml_device *device, char *pci, size_t size)
{
    struct jb_nvml_pci info = {0};
    pci[0] = '\0';
    if (api->device_pci && api->device_pci(device, &info) == JB_NVML_SUCCESS) {
        info.bus_id[sizeof(info.bus_id) - 1] = '\0';
        jb_copy(pci, size, info.bus_id);
        jb_sanitise(pci);
    }
}

static void read_name(const struct jb_nvml_api *api, struct jb_nvml_gpu *gpu)
{
    if (!api->device_name || api->device_name(gpu->device, gpu->name, sizeof(gpu->name)) != JB_NVML_SUCCESS) {
        gpu->name[0] = '\0';
    }
    tidy(gpu->name, sizeof(gpu->name));
}

static void set_key(const char *uuid, const char *pci, unsigned int index, char *key, size_t size)
{
    if (uuid[0] || pci[0]) {
        jb_copy(key, size, uuid[0] ? uuid : pci);
    } else {
        snprintf(key, size, "nvml%u", index);
    }
}

void jb_nvml_gpu_key(const struct jb_nvml_api *api, struct jb_nvml_device *device, unsigned int index, char *key,
                     size_t size)
{
    char uuid[96] = "", pci[32] = "";
    read_uuid(api, device, uuid, sizeof(uuid));
    read_pci(api, device, pci, sizeof(pci));
    set_key(uuid, pci, index, key, size);
}

static int find_unit(const struct jb_machine *machine, unsigned int index, const char *uuid, const char *pci)
{
    for (unsigned int i = 0; machine && i < machine->gpu_count && i < JB_MAX_GPUS; i++) {
        const struct jb_gpu_info *info = &machine->gpus[i];
        if ((uuid[0] && strcasecmp(info->uuid, uuid) == 0) || (pci[0] && jb_nvml_same_pci(info->pci, pci))) {
            return (int)i;
        }
    }
    return (int)(JB_NVML_UNIT_BASE + index);
}

static uint64_t ask_limit(int (*ask)(struct jb_nvml_device *, unsigned int *), struct jb_nvml_device *device)
{
    unsigned int limit_mw = 0;
    return ask && ask(device, &limit_mw) == JB_NVML_SUCCESS && limit_mw != UINT32_MAX ? limit_mw : 0;
}

/* Board power and idle draw that the tables know, by the machine's entry or by the name NVML tells. */
static void read_table(const struct jb_machine *machine, struct jb_nvml_gpu *gpu)
{
    double board_w = 0, idle_w = 0;
    if (gpu->unit < JB_MAX_GPUS) { /* it is in the machine's list */
        board_w = machine->gpus[gpu->unit].tdp_w;
        idle_w = machine->gpus[gpu->unit].idle_w;
    }
    const struct jb_part *part = gpu->name[0] ? jb_part_find("gpu", gpu->name) : NULL;
    if (part) {
        board_w = part->tdp_w > 0 ? part->tdp_w : board_w;
        idle_w = part->idle_w > 0 ? part->idle_w : idle_w;
    }
    gpu->idle_mw = idle_w > 0 && idle_w < 10000 ? (uint64_t)(idle_w * 1000) : 0;
    if (!gpu->limit_mw && board_w > 0 && board_w < 10000) {
        gpu->limit_mw = (uint64_t)(board_w * 1000);
    }
    gpu->cap_mw = gpu->cap_mw ? gpu->cap_mw : gpu->limit_mw;
}

int jb_nvml_gpu_identify(const struct jb_nvml *nvml, const struct jb_sensor_env *env, unsigned int index,
                         struct jb_nvml_gpu *ret)
{
    const struct jb_nvml_api *api = &nvml->api;
    struct jb_nvml_gpu gpu = {
        .index = index,
        .arch = JB_NVML_ARCH_UNKNOWN,
        .energy = -1,
        .power = -1,
        .model = -1,
        .module = -1,
        .module_power = -1,
        .module_energy = -1,
    };
    char uuid[96] = "";
    int code = api->device_by_index(index, &gpu.device);
    if (code != JB_NVML_SUCCESS) {
        gpu.device = NULL;
    } else {
        unsigned int pending = 0, current = 0;
        read_name(api, &gpu);
        read_uuid(api, gpu.device, uuid, sizeof(uuid));
        read_pci(api, gpu.device, gpu.pci, sizeof(gpu.pci));
        if (!api->device_arch || api->device_arch(gpu.device, &gpu.arch) != JB_NVML_SUCCESS) {
            gpu.arch = JB_NVML_ARCH_UNKNOWN;
        }
        gpu.mig = api->device_mig && api->device_mig(gpu.device, &current, &pending) == JB_NVML_SUCCESS && current == 1;
        uint64_t enforced = ask_limit(api->enforced_limit, gpu.device);
        uint64_t board = ask_limit(api->default_limit, gpu.device);
        gpu.limit_mw = enforced > board ? enforced : board;
        gpu.cap_mw = enforced;
        gpu.cap_told = enforced > 0;
    }
    gpu.unit = find_unit(env->machine, index, uuid, gpu.pci);
    set_key(uuid, gpu.pci, index, gpu.key, sizeof(gpu.key));
    read_table(env->machine, &gpu);
    if (!gpu.name[0]) {
        snprintf(gpu.name, sizeof(gpu.name), "NVIDIA GPU %u", index);
    }
    *ret = gpu;
    return code;
}
