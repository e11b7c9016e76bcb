/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_script.c - read the script of the stub library (stub_script.h).
 *
 * Stands on libc alone: the stub is loaded into programs that have a library of ours in them already. A line that is
 * not understood ends the program: a test with a typing error must not pass.
 */
#include "stub_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void reject(const char *line)
{
    fprintf(stderr, "stub libnvidia-ml: cannot understand \"%s\"\n", line);
    abort();
}

static uint64_t number(const char *text, const char **ret_end)
{
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *ret_end = text;
    return value;
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

/* The number in "key=NUMBER" within `text`; false when the key is not there. */
static bool option(const char *text, const char *key, uint64_t *ret)
{
    const char *at = strstr(text, key);
    if (!at) {
        return false;
    }
    *ret = number(at + strlen(key), &at);
    return true;
}

static uint64_t after_ns(const char *text)
{
    const char *at = strstr(text, "after=");
    if (!at) {
        return 0;
    }
    uint64_t value = number(at + 6, &at);
    if (strncmp(at, "ms", 2) == 0) {
        return value * UINT64_C(1000000);
    }
    return *at == 's' ? value * UINT64_C(1000000000) : (reject(text), 0);
}

static void add_process(struct stub_gpu *gpu, const char *text)
{
    struct stub_process user = {.count = 1, .context = !strstr(text, "nocontext")};
    uint64_t value = 0;
    if (gpu->user_count >= STUB_MAX_PROCESSES || !option(text, "pid=", &value)) {
        reject(text);
    }
    user.pid = (unsigned int)value;
    user.gi = option(text, "gi=", &value) ? (unsigned int)value : UINT32_MAX;
    user.ci = option(text, "ci=", &value) ? (unsigned int)value : UINT32_MAX;
    user.has_util = option(text, "util=", &value);
    user.util = user.has_util ? (unsigned int)value : 0;
    user.count = option(text, "count=", &value) ? (unsigned int)value : 1;
    gpu->users[gpu->user_count++] = user;
}

static void add_instance(struct stub_gpu *gpu, const char *text)
{
    uint64_t gi = 0, ci = 0, slices = 0;
    if (gpu->instance_count >= STUB_MAX_INSTANCES || !option(text, "gi=", &gi) || !option(text, "ci=", &ci) ||
        !option(text, "slices=", &slices)) {
        reject(text);
    }
    gpu->instances[gpu->instance_count++] =
        (struct stub_instance){(unsigned int)gi, (unsigned int)ci, (unsigned int)slices};
}

static void set_energy(struct stub_gpu *gpu, const char *text)
{
    if (!option(text, "offset=", &gpu->energy_offset_mj)) {
        copy(gpu->energy, sizeof(gpu->energy), text);
    }
}

static bool set_text(struct stub_gpu *gpu, const char *key, const char *text)
{
    const struct {
        const char *key;
        char *to;
        size_t size;
    } texts[] = {
        {"name", gpu->name, sizeof(gpu->name)},
        {"uuid", gpu->uuid, sizeof(gpu->uuid)},
        {"pci", gpu->pci, sizeof(gpu->pci)},
        {"samples", gpu->samples, sizeof(gpu->samples)},
        {"field186", gpu->field186, sizeof(gpu->field186)},
        {"power", gpu->power, sizeof(gpu->power)},
        {"procutil", gpu->procutil, sizeof(gpu->procutil)},
        {"processes", gpu->processes, sizeof(gpu->processes)},
        {"owner", gpu->owner, sizeof(gpu->owner)},
        {"module_energy", gpu->module_energy, sizeof(gpu->module_energy)},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(key, texts[i].key) == 0) {
            copy(texts[i].to, texts[i].size, text);
            return true;
        }
    }
    return false;
}

static bool set_number(struct stub_gpu *gpu, const char *key, const char *text)
{
    const struct {
        const char *key;
        unsigned int *to;
    } numbers[] = {
        {"arch", &gpu->arch}, {"watts", &gpu->watts},   {"limit", &gpu->limit_w},   {"default", &gpu->default_w},
        {"util", &gpu->util}, {"broken", &gpu->broken}, {"module", &gpu->module_w}, {"slices", &gpu->slices},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            *numbers[i].to = (unsigned int)number(text, &text);
            gpu->has_util = gpu->has_util || numbers[i].to == &gpu->util;
            return true;
        }
    }
    return false;
}

static bool set_flag(struct stub_gpu *gpu, const char *key, const char *text)
{
    const struct {
        const char *key;
        bool *to;
    } flags[] = {
        {"mig", &gpu->mig},   {"tegra", &gpu->tegra}, {"garbage", &gpu->garbage},
        {"lost", &gpu->lost}, {"hang", &gpu->hang},   {"reset_required", &gpu->reset_required},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(key, flags[i].key) == 0) {
            *flags[i].to = true;
            gpu->limit_w = flags[i].to == &gpu->tegra ? 0 : gpu->limit_w;
            gpu->lost_after_ns = flags[i].to == &gpu->lost ? after_ns(text) : gpu->lost_after_ns;
            gpu->hang_after_ns = flags[i].to == &gpu->hang ? after_ns(text) : gpu->hang_after_ns;
            return true;
        }
    }
    return false;
}

static void set_gpu(struct stub_gpu *gpu, const char *key, const char *text)
{
    if (strcmp(key, "energy") == 0) {
        set_energy(gpu, text);
    } else if (strcmp(key, "process") == 0) {
        add_process(gpu, text);
    } else if (strcmp(key, "instance") == 0) {
        add_instance(gpu, text);
    } else if (!set_text(gpu, key, text) && !set_number(gpu, key, text) && !set_flag(gpu, key, text)) {
        reject(key);
    }
}

static void statement(struct stub_script *script, char *line)
{
    char *text = line + strcspn(line, " ");
    if (*text) {
        *text++ = '\0';
    }
    if (strcmp(line, "gpus") == 0 || strcmp(line, "session") == 0) {
        const char *end = text;
        *(line[0] == 'g' ? &script->gpu_count : &script->session) = (unsigned int)number(text, &end);
    } else if (strcmp(line, "init") == 0) {
        copy(script->init, sizeof(script->init), text);
    } else if (strcmp(line, "driver") == 0) {
        copy(script->driver, sizeof(script->driver), text);
    } else {
        const char *rest = text;
        uint64_t index = number(text, &rest);
        if (rest == text || index >= STUB_MAX_GPUS) {
            reject(line);
        }
        set_gpu(&script->gpus[index], line, *rest == ' ' ? rest + 1 : rest);
    }
}

static void set_defaults(struct stub_script *script)
{
    *script = (struct stub_script){.init = "ok", .driver = "550.54.15", .gpu_count = 1};
    for (unsigned int i = 0; i < STUB_MAX_GPUS; i++) {
        struct stub_gpu *gpu = &script->gpus[i];
        gpu->arch = 9;
        gpu->watts = 300;
        gpu->limit_w = 700;
        gpu->slices = 7;
        copy(gpu->name, sizeof(gpu->name), "NVIDIA H100 80GB HBM3");
        snprintf(gpu->uuid, sizeof(gpu->uuid), "GPU-00000000-0000-4000-8000-%012u", i);
        snprintf(gpu->pci, sizeof(gpu->pci), "00000000:%02X:00.0", 0x41 + i);
        copy(gpu->energy, sizeof(gpu->energy), "ok");
        copy(gpu->samples, sizeof(gpu->samples), "ok");
        copy(gpu->field186, sizeof(gpu->field186), "ok");
        copy(gpu->power, sizeof(gpu->power), "ok");
        copy(gpu->procutil, sizeof(gpu->procutil), "ok");
        copy(gpu->processes, sizeof(gpu->processes), "ok");
        copy(gpu->owner, sizeof(gpu->owner), "gpu");
        copy(gpu->module_energy, sizeof(gpu->module_energy), "ok");
    }
}

void stub_script_read(struct stub_script *ret)
{
    set_defaults(ret);
    const char *path = getenv("JB_STUB_NVML");
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file) {
        return;
    }
    char line[256];
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "#\n")] = '\0';
        for (size_t end = strlen(line); end && line[end - 1] == ' '; end--) {
            line[end - 1] = '\0';
        }
        if (line[0]) {
            statement(ret, line);
        }
    }
    fclose(file);
}
