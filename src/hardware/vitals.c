/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a Jetson's vitals are, by generation: jetson_stats (jtop/core/gpu.py, memory.py, engine.py, fan.py,
 * temperature.py). None of it is promised by a document of NVIDIA, so each is looked for and may be missing.
 *
 * Odd: the GPU's devfreq node may appear minutes after boot (jetson_stats pull request 889), so that it is looked for
 * until it is there; Thor has no load. A thermal zone whose part is switched off refuses to be read, or says -256
 * degrees.
 */
#include "hardware/vitals.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/series.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAT_SIZE    32768 /* its lines of CPUs come first */
#define MAX_ENTRIES  256
#define OFFLINE_MDEG (-256000)

void jb_vitals_init(struct jb_vitals_state *state, const char *root)
{
    memset(state, 0, sizeof *state);
    state->root = root;
    state->stat_fd = state->meminfo_fd = state->load_fd = state->frequency_fd = -1;
}

void jb_vitals_finish(struct jb_vitals_state *state)
{
    jb_closep(&state->stat_fd);
    jb_closep(&state->meminfo_fd);
    jb_closep(&state->load_fd);
    jb_closep(&state->frequency_fd);
}

/* The text of a file that stays open; empty when it cannot be had. */
static void read_open(const struct jb_vitals_state *state, int *fd, const char *path, char *text, size_t size)
{
    text[0] = '\0';
    if (*fd < 0) {
        *fd = jb_series_open(state->root, path, O_NONBLOCK | O_NOCTTY);
    }
    if (*fd >= 0 && jb_series_pread_text(*fd, text, size) < 0) {
        text[0] = '\0';
        jb_closep(fd);
    }
}

static bool read_number(const char *root, const char *folder, const char *file, uint64_t *ret)
{
    char path[320];
    return snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path &&
           jb_root_read_u64(root, path, ret) == 0 && *ret <= INT64_MAX;
}

static bool read_text(const char *root, const char *folder, const char *file, char *text, size_t size)
{
    char path[320];
    if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path ||
        jb_root_read(root, path, text, size) <= 0) {
        return false;
    }
    jb_sanitise(text);
    return true;
}

struct names {
    char (*items)[64];
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The entries of a folder that begin so, in order of their names. */
static struct names list(const char *root, const char *path, const char *prefix)
{
    struct names names = {.items = calloc(MAX_ENTRIES, sizeof(*names.items))};
    DIR *folder = names.items != NULL ? jb_root_opendir(root, path) : NULL;
    for (struct dirent *e; folder != NULL && names.count < MAX_ENTRIES && (e = readdir(folder)) != NULL;) {
        if (e->d_name[0] != '.' && jb_starts(e->d_name, prefix) && strlen(e->d_name) < sizeof(names.items[0])) {
            jb_copy(names.items[names.count++], sizeof(names.items[0]), e->d_name);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    if (names.count > 0) {
        qsort(names.items, names.count, sizeof(names.items[0]), by_name);
    }
    return names;
}

static int64_t one_number(int fd)
{
    char text[32];
    uint64_t value;
    if (fd < 0 || jb_series_pread_text(fd, text, sizeof text) <= 0 || jb_parse_u64(jb_trim(text), &value) < 0 ||
        value > INT64_MAX) {
        return JB_VITAL_UNKNOWN;
    }
    return (int64_t)value;
}

static bool is_gpu(const char *name)
{
    static const char *const names[] = {"gv11b", "gp10b", "ga10b", "gb10b"};
    for (size_t i = 0; i < JB_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return strstr(name, "gpu") != NULL;
}

static void find_gpu(struct jb_vitals_state *state)
{
    static const char *const loads[] = {"/sys/devices/gpu.0/load", "/sys/devices/platform/gpu.0/load"};
    struct names names = list(state->root, "/sys/class/devfreq", "");
    for (size_t i = 0; i < names.count && state->frequency_fd < 0; i++) {
        char folder[128], name[32], path[160];
        snprintf(folder, sizeof folder, "/sys/class/devfreq/%s", names.items[i]);
        if (!read_text(state->root, folder, "device/of_node/name", name, sizeof name) || !is_gpu(name)) {
            continue;
        }
        snprintf(path, sizeof path, "%s/cur_freq", folder);
        state->frequency_fd = jb_series_open(state->root, path, O_NONBLOCK | O_NOCTTY);
        snprintf(path, sizeof path, "%s/device/load", folder);
        state->load_fd = jb_series_open(state->root, path, O_NONBLOCK | O_NOCTTY);
    }
    for (size_t i = 0; i < JB_COUNT(loads) && state->load_fd < 0; i++) {
        state->load_fd = jb_series_open(state->root, loads[i], O_NONBLOCK | O_NOCTTY);
    }
    free(names.items);
}

static void read_gpu(struct jb_vitals_state *state, struct jb_vitals *ret)
{
    if (state->frequency_fd < 0 || state->load_fd < 0) {
        jb_closep(&state->frequency_fd);
        jb_closep(&state->load_fd);
        find_gpu(state);
    }
    ret->gpu_hz = one_number(state->frequency_fd);
    ret->gpu_permille = one_number(state->load_fd);
    if (ret->gpu_permille > 1000) {
        ret->gpu_permille = JB_VITAL_UNKNOWN;
    }
}

/* Bandwidth in use over clock, as jtop divides them. */
static int64_t emc_percent(const char *root)
{
    static const char *const clocks[] = {"/sys/kernel/debug/bpmp/debug/clk/emc/rate",
                                         "/sys/class/devfreq/bwmgr/cur_freq",
                                         "/sys/kernel/debug/clk/override.emc/clk_rate"};
    static const char *const loads[] = {"/sys/kernel/debug/cactmon/mc_all",
                                        "/sys/kernel/debug/bpmp/debug/actmon/mc_all_avg_activity",
                                        "/sys/kernel/actmon_avg_activity/mc_all"};
    uint64_t hz = 0, load = 0;
    bool clock = false, told = false;
    for (size_t i = 0; i < JB_COUNT(clocks) && !clock; i++) {
        clock = jb_root_read_u64(root, clocks[i], &hz) == 0;
    }
    for (size_t i = 0; i < JB_COUNT(loads) && !told; i++) {
        told = jb_root_read_u64(root, loads[i], &load) == 0;
    }
    if (!clock || !told || hz < 1000 || load / (hz / 1000) > 100) {
        return JB_VITAL_UNKNOWN;
    }
    return (int64_t)(load / (hz / 1000));
}

static bool is_engine(const char *name)
{
    static const char *const engines[] = {"ape",   "dla",   "pva",   "vic",   "nvjpg",
                                          "nvenc", "nvdec", "cvnas", "msenc", "ofa"};
    if (strchr(name, '.') != NULL) {
        return false; /* "ape.buffer" */
    }
    for (size_t i = 0; i < JB_COUNT(engines); i++) {
        if (jb_starts(name, engines[i])) {
            return true;
        }
    }
    return strcmp(name, "se") == 0;
}

static void read_engines(const char *root, struct jb_vitals_list *ret)
{
    struct names names = list(root, "/sys/kernel/debug/clk", "");
    for (size_t i = 0; i < names.count; i++) {
        char folder[128];
        uint64_t on, hz;
        if (!is_engine(names.items[i])) {
            continue;
        }
        snprintf(folder, sizeof folder, "/sys/kernel/debug/clk/%s", names.items[i]);
        if (!read_number(root, folder, "clk_enable_count", &on) || !read_number(root, folder, "clk_rate", &hz)) {
            continue;
        }
        for (char *c = names.items[i]; *c != '\0'; c++) {
            *c = (char)toupper((unsigned char)*c);
        }
        jb_vitals_add(ret, names.items[i], on > 0 ? (int64_t)(hz / 1000) : JB_VITAL_OFF);
    }
    free(names.items);
}

/* "pwm1": not pwm1_enable. */
static bool is_pwm(const char *name)
{
    return jb_starts(name, "pwm") && name[3] != '\0' && name[3 + strspn(name + 3, "0123456789")] == '\0';
}

static void read_fans(const char *root, struct jb_vitals_list *ret)
{
    struct names names = list(root, "/sys/class/hwmon", "hwmon");
    uint64_t pwm;
    for (size_t i = 0; i < names.count; i++) {
        char folder[128], chip[16], fan[40];
        int number = 0;
        snprintf(folder, sizeof folder, "/sys/class/hwmon/%s", names.items[i]);
        struct names files = list(root, folder, "pwm");
        for (size_t j = 0; j < files.count; j++) {
            if (is_pwm(files.items[j]) && read_text(root, folder, "name", chip, sizeof chip) &&
                read_number(root, folder, files.items[j], &pwm) && pwm <= 255) {
                snprintf(fan, sizeof fan, "%s%d", chip, number++);
                jb_vitals_add(ret, fan, (int64_t)pwm);
            }
        }
        free(files.items);
    }
    free(names.items);
    if (ret->count == 0 && read_number(root, "/sys/devices/pwm-fan", "target_pwm", &pwm) && pwm <= 255) {
        jb_vitals_add(ret, "pwm-fan0", (int64_t)pwm); /* L4T up to 32 */
    }
}

static void read_temps(const char *root, struct jb_vitals_list *ret)
{
    struct names zones = list(root, "/sys/devices/virtual/thermal", "thermal_zone");
    for (size_t i = 0; i < zones.count; i++) {
        char folder[128], path[144], type[64], name[JB_VITALS_NAME], text[32];
        int64_t mdeg = JB_VITAL_OFF;
        snprintf(folder, sizeof folder, "/sys/devices/virtual/thermal/%s", zones.items[i]);
        if (!read_text(root, folder, "type", type, sizeof type) || !jb_vitals_zone(jb_trim(type), name)) {
            continue;
        }
        snprintf(path, sizeof path, "%s/temp", folder);
        ssize_t length = jb_root_read(root, path, text, sizeof text);
        if (length == -ENOENT || length == -EACCES) {
            continue;
        }
        if (length >= 0 && (jb_parse_i64(jb_trim(text), &mdeg) < 0 || mdeg > 1000000)) {
            continue;
        }
        if (mdeg <= OFFLINE_MDEG) {
            mdeg = JB_VITAL_OFF;
        }
        jb_vitals_add(ret, name, mdeg);
    }
    free(zones.items);
}

/* The mode changes seldom and its table is long: it is read anew only when the mode has changed. */
static void read_nvp(struct jb_vitals_state *state, struct jb_vitals *ret)
{
    char status[64];
    if (!read_text(state->root, "/var/lib/nvpmodel", "status", status, sizeof status)) {
        return;
    }
    if (strcmp(status, state->nvp_status) != 0) {
        char *conf = calloc(1, STAT_SIZE * 4);
        if (conf != NULL && jb_root_read(state->root, "/etc/nvpmodel.conf", conf, STAT_SIZE * 4) > 0) {
            jb_vitals_nvp(status, conf, state->nvp_model);
            jb_copy(state->nvp_status, sizeof state->nvp_status, status);
        }
        free(conf);
    }
    if (strcmp(status, state->nvp_status) == 0) {
        jb_copy(ret->nvp_model, sizeof ret->nvp_model, state->nvp_model);
    }
}

/* "81772.71 952201.33" */
static int64_t uptime_ms(const char *root)
{
    char text[64];
    double seconds;
    if (jb_root_read(root, "/proc/uptime", text, sizeof text) <= 0) {
        return JB_VITAL_UNKNOWN;
    }
    text[strcspn(text, " \n")] = '\0';
    if (jb_parse_double(text, &seconds) < 0 || seconds < 0 || seconds > 1e10) {
        return JB_VITAL_UNKNOWN;
    }
    return (int64_t)(seconds * 1000);
}

void jb_vitals_read(struct jb_vitals_state *state, struct jb_vitals *ret)
{
    char present[128] = "", *text = malloc(STAT_SIZE);
    memset(ret, 0, sizeof *ret);
    if (text == NULL) {
        ret->uptime_ms = ret->ram_kb = ret->ram_used_kb = ret->swap_kb = ret->swap_used_kb = JB_VITAL_UNKNOWN;
        ret->emc_percent = ret->gpu_permille = ret->gpu_hz = JB_VITAL_UNKNOWN;
        return;
    }
    read_open(state, &state->stat_fd, "/proc/stat", text, STAT_SIZE);
    if (jb_root_read(state->root, "/sys/devices/system/cpu/present", present, sizeof present) < 0) {
        present[0] = '\0';
    }
    jb_vitals_cpus(state, text, present, ret);
    read_open(state, &state->meminfo_fd, "/proc/meminfo", text, STAT_SIZE);
    jb_vitals_memory(text, ret);
    free(text);
    ret->uptime_ms = uptime_ms(state->root);
    ret->emc_percent = emc_percent(state->root);
    read_gpu(state, ret);
    read_engines(state->root, &ret->engines);
    read_fans(state->root, &ret->fans);
    read_temps(state->root, &ret->temps);
    read_nvp(state, ret);
}
