/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_reopen.c - the driver was reloaded under us, or a GPU was reset: start the library again.
 *
 * NVML then answers "not initialised", "driver not loaded" or "the GPU is lost" to every handle of before (NVML API
 * Reference Guide, "Initialization and Cleanup": no call is valid but nvmlInit after nvmlShutdown). The channels stay
 * what they were: a GPU is found again by its UUID or address, never by its index, which another may bear now. Its
 * counter begins anew, which the ledger knows (zero_at_reset). Odd: a lost GPU mostly stays lost until the machine is
 * rebooted, so the pause between two tries doubles, up to a minute: stopping and starting NVML costs all other GPUs of
 * this machine a reading.
 */
#include "sensor/nvml/nvml.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

#define FIRST_PAUSE_NS JB_NS_PER_S
#define LAST_PAUSE_NS  (64 * JB_NS_PER_S)

void jb_nvml_trouble(struct jb_nvml *nvml)
{
    uint64_t now_ns = jb_mono_ns();

    if (!nvml->retry_ns) {
        bool anew = nvml->pause_ns == 0 || now_ns - nvml->reopened_ns > LAST_PAUSE_NS;
        nvml->pause_ns = anew ? FIRST_PAUSE_NS : nvml->pause_ns;
        nvml->retry_ns = now_ns + nvml->pause_ns;
    }
}

static bool start(struct jb_nvml *nvml)
{
    if (nvml->started) {
        nvml->api.shutdown();
        nvml->started = false;
    }
    nvml->stale = nvml->api.init() != JB_NVML_SUCCESS;
    nvml->started = !nvml->stale;
    return nvml->started;
}

/* Does it tell anything again? A handle alone says little. */
static bool answers(const struct jb_nvml_api *api, struct jb_nvml_device *device)
{
    unsigned long long energy_mj = 0;
    unsigned int power_mw = 0;
    uint64_t field_mw = 0;
    int code = JB_NVML_NOT_SUPPORTED;
    struct jb_nvml_utilisation use;

    jb_nvml_read_fields(api, device, &code, &field_mw, NULL, NULL);
    return code == JB_NVML_SUCCESS || (api->total_energy && api->total_energy(device, &energy_mj) == JB_NVML_SUCCESS) ||
           (api->power_usage && api->power_usage(device, &power_mw) == JB_NVML_SUCCESS) ||
           (api->utilisation && api->utilisation(device, &use) == JB_NVML_SUCCESS);
}

/* The handle of the GPU with this key; NULL. */
static struct jb_nvml_device *find(const struct jb_nvml_api *api, const char *key)
{
    unsigned int count = 0;

    if (api->device_count(&count) != JB_NVML_SUCCESS) {
        return NULL;
    }
    for (unsigned int i = 0; i < count && i < JB_NVML_MAX_GPUS; i++) {
        struct jb_nvml_device *device = NULL;
        char found[sizeof(((struct jb_nvml_gpu *)0)->key)];
        if (api->device_by_index(i, &device) != JB_NVML_SUCCESS) {
            continue;
        }
        jb_nvml_gpu_key(api, device, i, found, sizeof(found));
        if (jb_streq(found, key)) {
            return device;
        }
    }
    return NULL;
}

static void find_again(const struct jb_nvml_api *api, struct jb_nvml_gpu *gpu)
{
    gpu->device = find(api, gpu->key);
    gpu->lost = !gpu->device || !answers(api, gpu->device);
    gpu->silent = 0;
    gpu->instances_t_ns = 0;
    gpu->instance_count = 0;
}

void jb_nvml_reopen(struct jb_nvml *nvml)
{
    if (!nvml->retry_ns || jb_mono_ns() < nvml->retry_ns) {
        return;
    }
    bool whole = start(nvml);
    for (unsigned int i = 0; i < nvml->gpu_count && nvml->started; i++) {
        struct jb_nvml_gpu *gpu = &nvml->gpus[i];
        if (jb_nvml_is_read(gpu)) {
            find_again(&nvml->api, gpu);
            whole = whole && !gpu->lost;
        }
    }
    nvml->pause_ns = nvml->pause_ns < LAST_PAUSE_NS / 2 ? 2 * nvml->pause_ns : LAST_PAUSE_NS;
    nvml->reopened_ns = jb_mono_ns();
    nvml->retry_ns = whole ? 0 : nvml->reopened_ns + nvml->pause_ns;
}
