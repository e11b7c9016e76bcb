/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_load.c - open libnvidia-ml.so.1 and find what it has.
 *
 * The driver's installer puts the library where the dynamic linker finds it, so its bare name is the right path. Odd:
 * the unsuffixed symbols are kept for programs built long ago and some mean an older structure, so the newest suffix
 * that we know the layout of is tried first.
 */
#include "sensor/nvml/nvml_api.h"

#include "base/cleanup.h"
#include "base/diag.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct symbol {
    size_t slot;
    bool needed;
    const char *names[3]; /* in order of preference */
};

#define SLOT(member) offsetof(struct jb_nvml_api, member)

static const struct symbol symbols[] = {
    {SLOT(init), true, {"nvmlInit_v2", "nvmlInit"}},
    {SLOT(shutdown), true, {"nvmlShutdown"}},
    {SLOT(driver_version), false, {"nvmlSystemGetDriverVersion"}},
    {SLOT(device_count), true, {"nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"}},
    {SLOT(device_by_index), true, {"nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"}},
    {SLOT(device_name), false, {"nvmlDeviceGetName"}},
    {SLOT(device_uuid), false, {"nvmlDeviceGetUUID"}},
    {SLOT(device_pci), false, {"nvmlDeviceGetPciInfo_v3"}},
    {SLOT(device_arch), false, {"nvmlDeviceGetArchitecture"}},
    {SLOT(device_mig), false, {"nvmlDeviceGetMigMode"}},
    {SLOT(mig_count), false, {"nvmlDeviceGetMaxMigDeviceCount"}},
    {SLOT(mig_by_index), false, {"nvmlDeviceGetMigDeviceHandleByIndex"}},
    {SLOT(mig_attributes), false, {"nvmlDeviceGetAttributes_v2"}},
    {SLOT(mig_gpu_instance), false, {"nvmlDeviceGetGpuInstanceId"}},
    {SLOT(mig_compute_instance), false, {"nvmlDeviceGetComputeInstanceId"}},
    {SLOT(total_energy), false, {"nvmlDeviceGetTotalEnergyConsumption"}},
    {SLOT(power_usage), false, {"nvmlDeviceGetPowerUsage"}},
    {SLOT(enforced_limit), false, {"nvmlDeviceGetEnforcedPowerLimit"}},
    {SLOT(default_limit), false, {"nvmlDeviceGetPowerManagementDefaultLimit"}},
    {SLOT(field_values), false, {"nvmlDeviceGetFieldValues"}},
    {SLOT(samples), false, {"nvmlDeviceGetSamples"}},
    {SLOT(utilisation), false, {"nvmlDeviceGetUtilizationRates"}},
    {SLOT(process_use), false, {"nvmlDeviceGetProcessUtilization"}},
    {SLOT(processes), false, {"nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"}},
    {SLOT(processes_v1), false, {"nvmlDeviceGetComputeRunningProcesses"}},
};

static void *find_symbol(void *library, const struct symbol *symbol)
{
    for (size_t i = 0; i < JB_COUNT(symbol->names) && symbol->names[i]; i++) {
        void *address = dlsym(library, symbol->names[i]);
        if (address) {
            return address;
        }
    }
    return NULL;
}

static int cannot_open(const char *path, struct jb_diag *diag)
{
    const char *why = dlerror();
    if (!why || strstr(why, "No such file")) {
        jb_fail(diag, -ENODEV, "%s not found", path);
        jb_fix(diag, "install NVIDIA's driver if this machine has an NVIDIA GPU; in a container, start it with the "
                     "NVIDIA runtime (docker run --gpus all)");
        return -ENODEV;
    }
    return jb_fail(diag, -ENODEV, "cannot load %s: %s", path, why);
}

int jb_nvml_load(const char *path, struct jb_nvml_api *ret, struct jb_diag *diag)
{
    const char *name = path ? path : "libnvidia-ml.so.1";
    struct jb_nvml_api api = {.library = dlopen(name, RTLD_NOW | RTLD_LOCAL)};
    if (!api.library) {
        return cannot_open(name, diag);
    }
    for (size_t i = 0; i < JB_COUNT(symbols); i++) {
        void *address = find_symbol(api.library, &symbols[i]);
        if (!address && symbols[i].needed) {
            dlclose(api.library);
            return jb_fail(diag, -ENODEV, "%s is not NVIDIA's library: it has no %s", name, symbols[i].names[0]);
        }
        /* A cast of an object pointer to a function pointer is not ISO C; a copy of its bytes is what POSIX promises.
         */
        memcpy((char *)&api + symbols[i].slot, &address, sizeof(address));
    }
    *ret = api;
    return 0;
}

void jb_nvml_unload(struct jb_nvml_api *api)
{
    if (api && api->library) {
        dlclose(api->library);
        *api = (struct jb_nvml_api){0};
    }
}

const char *jb_nvml_error(int code)
{
    switch (code) {
    case JB_NVML_SUCCESS:
        return "success";
    case JB_NVML_UNINITIALIZED:
        return "not initialised";
    case JB_NVML_INVALID_ARGUMENT:
        return "invalid argument";
    case JB_NVML_NOT_SUPPORTED:
        return "not supported";
    case JB_NVML_NO_PERMISSION:
        return "no permission";
    case JB_NVML_NOT_FOUND:
        return "not found";
    case JB_NVML_INSUFFICIENT_SIZE:
        return "buffer too small";
    case JB_NVML_INSUFFICIENT_POWER:
        return "the power cables are not attached properly";
    case JB_NVML_DRIVER_NOT_LOADED:
        return "driver not loaded";
    case JB_NVML_TIMEOUT:
        return "timeout";
    case JB_NVML_IRQ_ISSUE:
        return "interrupt problem";
    case JB_NVML_LIBRARY_NOT_FOUND:
        return "a library of the driver is missing";
    case JB_NVML_FUNCTION_NOT_FOUND:
        return "the library does not have the function";
    case JB_NVML_GPU_IS_LOST:
        return "the GPU is lost";
    case JB_NVML_RESET_REQUIRED:
        return "the GPU needs a reset";
    case JB_NVML_OPERATING_SYSTEM:
        return "blocked by the operating system";
    case JB_NVML_VERSION_MISMATCH:
        return "library and kernel module differ in version";
    case JB_NVML_NO_DATA:
        return "no data";
    case JB_NVML_GPU_NOT_FOUND:
        return "no GPU found";
    default:
        return "unknown error";
    }
}

int jb_nvml_init_failure(int code, struct jb_diag *diag)
{
    switch (code) {
    case JB_NVML_DRIVER_NOT_LOADED:
        jb_fail(diag, -ENODEV, "NVML: the NVIDIA kernel driver is not loaded");
        jb_fix(diag, "sudo modprobe nvidia");
        return -ENODEV;
    case JB_NVML_LIBRARY_NOT_FOUND:
        jb_fail(diag, -ENODEV, "NVML: a library that belongs to the NVIDIA driver is missing");
        jb_fix(diag, "install the NVIDIA driver's libraries again, in the version of /proc/driver/nvidia/version");
        return -ENODEV;
    case JB_NVML_VERSION_MISMATCH:
        jb_fail(diag, -ENODEV, "NVML: libnvidia-ml and the loaded NVIDIA kernel module are of different versions");
        jb_fix(diag, "reboot, or unload the old module (sudo rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia) and "
                     "sudo modprobe nvidia");
        return -ENODEV;
    case JB_NVML_GPU_NOT_FOUND:
        return jb_fail(diag, -ENODEV, "NVML: no NVIDIA GPU");
    case JB_NVML_NO_PERMISSION:
    case JB_NVML_OPERATING_SYSTEM:
        jb_fail(diag, -EACCES, "NVML may not talk to the driver: %s", jb_nvml_error(code));
        jb_fix(diag, "let this user or container open /dev/nvidiactl and /dev/nvidia0 (ls -l /dev/nvidia*)");
        return -EACCES;
    default:
        return jb_fail(diag, -EIO, "NVML does not start: %s (code %d)", jb_nvml_error(code), code);
    }
}
