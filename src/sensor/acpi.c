/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi.c - the ACPI power meter: /sys/class/hwmon/hwmonN of the chip "power_meter".
 *
 * Documented in Documentation/hwmon/acpi_power_meter.rst, drivers/hwmon/acpi_power_meter.c and chapter 10.4 of the ACPI
 * specification; the four meters of an NVIDIA Grace socket in the firmware's own tables (edk2-nvidia, BpmpSsdt of
 * TH500) and the power telemetry section of NVIDIA's Grace performance tuning guide.
 *
 * Odd: older kernels keep all files, the name too, in hwmonN/device. power1_average evaluates _PMM, which may take
 * long, and when that fails the kernel shows the value before (0 at first) as if nothing were wrong; Grace's firmware
 * says 0xFFFFFFFF mW then. power1_accuracy prints its thousandths without leading zeros ("90.50%" is 90.05 %). Grace
 * claims 100 %, which is no statement of an error.
 */
#include "sensor/node.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "hardware/hardware.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLASS          "/sys/class/hwmon"
#define MAX_CHIPS      256                     /* numbers of hwmonN that are looked at */
#define FIRMWARE_FAIL  UINT64_C(4294967295000) /* PWR_METER_ERR_RETURN of edk2-nvidia, in microwatts */
#define WATT           UINT64_C(1000000)
#define MOST_WINDOW_MS 3600000

/* Meters that state no accuracy, or a perfect one: NVIDIA publishes none and no comparison was found. 5 % is what
 * shunts and regulators of this kind are built to, as with Cray's. */
#define REL_ERROR 0.05

struct state {
    struct {
        int fd, channel;
    } open[JB_MAX_CHANNELS];
    int count;
};

/* What power1_oem_info says on Grace, "<word> Power Socket <number>". */
static const struct label {
    const char *word, *id, *part, *name; /* id: <id><number>/<part> */
    enum jb_domain domain;
    enum jb_device device;
    uint64_t max_w; /* not believed above: twice the power limit of the largest part (GB200: 2700 W a module) */
    const char *note;
} labels[] = {
    {"Module", "module", "acpi", "Grace module", JB_DOMAIN_MODULE, JB_DEVICE_BOARD, 5400, ""},
    {"Grace", "cpu", "package", "NVIDIA Grace", JB_DOMAIN_PACKAGE, JB_DEVICE_CPU, 1000,
     "with its memory and the losses of its regulators"},
    {"TH500", "cpu", "package", "NVIDIA Grace", JB_DOMAIN_PACKAGE, JB_DEVICE_CPU, 1000,
     "with its memory and the losses of its regulators"},
    {"CPU", "cpu", "core", "cores of NVIDIA Grace", JB_DOMAIN_CORE, JB_DEVICE_CPU, 1000, ""},
    {"SysIO", "cpu", "uncore", "system I/O of NVIDIA Grace", JB_DOMAIN_UNCORE, JB_DEVICE_CPU, 1000, ""},
};

/* A file of the meter in `folder` ("hwmon3" or "hwmon3/device"); "" when it is not there. */
static bool read_text(const char *root, const char *folder, const char *file, char *to, size_t size)
{
    char path[160];
    snprintf(path, sizeof(path), CLASS "/%s/%s", folder, file);
    if (jb_root_read(root, path, to, size) < 0) {
        to[0] = '\0';
        return false;
    }
    jb_sanitise(to);
    jb_copy(to, size, jb_trim(to));
    return to[0] != '\0';
}

static bool is_meter(const char *root, const char *folder)
{
    char name[32];
    return read_text(root, folder, "name", name, sizeof(name)) && jb_streq(name, "power_meter");
}

/* "Grace Power Socket 1": which of the labels, and the number; NULL: another firmware's text. */
static const struct label *find_label(const char *text, int *ret_socket)
{
    uint64_t socket;
    for (size_t i = 0; i < JB_COUNT(labels); i++) {
        char start[40];
        snprintf(start, sizeof(start), "%s Power Socket ", labels[i].word);
        if (jb_starts(text, start) && jb_parse_u64(text + strlen(start), &socket) == 0 && socket < JB_MAX_SOCKETS) {
            *ret_socket = (int)socket;
            return &labels[i];
        }
    }
    return NULL;
}

/* The error that power1_accuracy states, which is the bound of the firmware's makers; 0: none. */
static double stated_error(const char *root, const char *folder)
{
    char text[32];
    const char *end;
    uint64_t whole, thousandths = 0;
    if (!read_text(root, folder, "power1_accuracy", text, sizeof(text)) ||
        jb_scan_u64(text, strlen(text), &whole, &end) < 0 || whole > 100) {
        return 0;
    }
    if (*end == '.' && jb_scan_u64(end + 1, strlen(end + 1), &thousandths, &end) < 0) {
        return 0;
    }
    double percent = (double)whole + (double)(thousandths < 1000 ? thousandths : 0) / 1000;
    return *end == '%' && percent >= 50 && percent < 100 ? 1 - percent / 100 : 0;
}

static void set_accuracy(const char *root, const char *folder, struct jb_channel *channel)
{
    char text[32];
    uint64_t ms;
    double stated = stated_error(root, folder);
    channel->rel_error = stated > 0 ? stated : REL_ERROR;
    if (read_text(root, folder, "power1_average_interval", text, sizeof(text)) && jb_parse_u64(text, &ms) == 0 &&
        ms > 0 && ms <= MOST_WINDOW_MS) {
        channel->window_ns = channel->refresh_ns = ms * JB_NS_PER_MS;
    }
}

/* What the firmware says that this meter measures: the names in measures/, of which LNXSYBUS is the whole machine. A
 * meter may also name itself, as Grace's do: then it says nothing. */
static void tell_scope(const char *root, int number, struct jb_channel *channel)
{
    char path[64], names[120] = "";
    size_t length = 0;
    int parts = 0, processors = 0;
    snprintf(path, sizeof(path), CLASS "/hwmon%d/device/measures", number);
    DIR *folder = jb_root_opendir(root, path);
    if (!folder) {
        return;
    }
    for (const struct dirent *entry = readdir(folder); entry && parts < 64; entry = readdir(folder)) {
        if (entry->d_name[0] == '.' || jb_starts(entry->d_name, "ACPI000D")) {
            continue;
        }
        if (jb_starts(entry->d_name, "LNXSYBUS") || jb_starts(entry->d_name, "LNXSYSTM")) {
            parts = 0;
            break;
        }
        parts++;
        processors += jb_starts(entry->d_name, "LNXCPU") || jb_starts(entry->d_name, "ACPI0007");
        if (length < sizeof(names)) {
            length += (size_t)snprintf(names + length, sizeof(names) - length, " %s", entry->d_name);
        }
    }
    closedir(folder);
    if (parts > 0 && parts == processors) {
        jb_node_refuse(channel, -ENOTSUP, "this meter measures processors only, it is not known which of them:%s",
                       names);
    } else if (parts > 0) {
        jb_snprintf(channel->note, sizeof(channel->note), "the firmware names only these parts as measured:%s", names);
        jb_sanitise(channel->note);
    }
}

static void open_meter(struct jb_source *source, struct jb_channel *channel)
{
    struct state *state = source->priv;
    uint64_t now;
    int fd = jb_counter_open(source->env, channel->path);
    int err = fd < 0 ? fd : jb_counter_read_first(fd, &now);
    if (err < 0) {
        jb_node_refuse(channel, err == -ENOENT ? -EIO : err, "cannot read %s: %s", channel->path, strerror(-err));
        if (channel->status == JB_DENIED) {
            snprintf(channel->fix, sizeof(channel->fix), "sudo chmod a+r %.100s   (until reboot)", channel->path);
        }
        jb_closep(&fd);
        return;
    }
    state->open[state->count].fd = fd;
    state->open[state->count++].channel = (int)(channel - source->channels);
}

static struct jb_channel *describe_grace(struct jb_source *source, const struct label *label, int socket,
                                         const char *path)
{
    char id[64], name[96];
    snprintf(id, sizeof(id), "%s/%d/%s", label->id, socket, label->part);
    snprintf(name, sizeof(name), "%s, socket %d", label->name, socket);
    for (int i = 0; i < source->channel_count; i++) {
        if (jb_streq(source->channels[i].id, id)) {
            return NULL; /* a second meter of that name: the first stands */
        }
    }
    struct jb_channel *channel = jb_node_add(source, id, name, path);
    if (channel) {
        channel->domain = label->domain;
        channel->device = label->device;
        channel->unit = socket;
        channel->max_power_uw = label->max_w * WATT;
        channel->with_memory = label->domain == JB_DOMAIN_PACKAGE || label->domain == JB_DOMAIN_MODULE;
        jb_copy(channel->note, sizeof(channel->note), label->note);
    }
    return channel;
}

static struct jb_channel *describe_other(struct jb_source *source, const char *text, int number, const char *path)
{
    char id[32] = "node/acpi", name[96];
    if (source->channel_count > 0) {
        snprintf(id, sizeof(id), "node/acpi#%d", source->channel_count + 1);
    }
    snprintf(name, sizeof(name), "ACPI power meter%s%.60s", text[0] ? ": " : "", text);
    struct jb_channel *channel = jb_node_add(source, id, name, path);
    if (channel) {
        tell_scope(source->env->root, number, channel);
    }
    return channel;
}

static void add_meter(struct jb_source *source, int number)
{
    const char *root = source->env->root;
    char folder[40], path[80], text[80];
    int socket = -1;
    snprintf(path, sizeof(path), CLASS "/hwmon%d/power1_average", number);
    snprintf(folder, sizeof(folder), "hwmon%d", number);
    if (!jb_root_exists(root, path)) {
        snprintf(folder, sizeof(folder), "hwmon%d/device", number);
        snprintf(path, sizeof(path), CLASS "/%s/power1_average", folder);
    }
    if (!read_text(root, folder, "power1_oem_info", text, sizeof(text))) {
        char device[32];
        snprintf(device, sizeof(device), "hwmon%d/device", number);
        (void)read_text(root, device, "power1_oem_info", text, sizeof(text));
    }
    const struct label *label = find_label(text, &socket);
    struct jb_channel *channel =
        label ? describe_grace(source, label, socket, path) : describe_other(source, text, number, path);
    if (!channel) {
        return;
    }
    char battery[8];
    set_accuracy(root, folder, channel);
    if (read_text(root, folder, "power1_is_battery", battery, sizeof(battery)) && jb_streq(battery, "1")) {
        jb_node_refuse(channel, -ENOTSUP, "this meter is that of a battery");
    }
    if (channel->status == JB_OK) {
        open_meter(source, channel);
    }
}

/* Parts lie in what is of their socket. */
static void set_parents(struct jb_source *source)
{
    for (int i = 0; i < source->channel_count; i++) {
        struct jb_channel *inner = &source->channels[i];
        enum jb_domain outer = inner->domain == JB_DOMAIN_PACKAGE ? JB_DOMAIN_MODULE : JB_DOMAIN_PACKAGE;
        for (int j = 0; j < source->channel_count && inner->unit >= 0 && inner->domain != JB_DOMAIN_MODULE; j++) {
            if (source->channels[j].domain == outer && source->channels[j].unit == inner->unit) {
                inner->parent = j;
            }
        }
    }
}

/* The meter may be there and its driver not. */
static bool have_device(const char *root)
{
    DIR *folder = jb_root_opendir(root, "/sys/bus/acpi/devices");
    bool found = false;
    if (!folder) {
        return false;
    }
    for (const struct dirent *entry = readdir(folder); entry && !found; entry = readdir(folder)) {
        found = jb_starts(entry->d_name, "ACPI000D:");
    }
    closedir(folder);
    return found;
}

static int tell_absence(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    const struct jb_machine *machine = env->machine;
    bool grace = machine && strstr(machine->cpu.name, "Grace");
    if (!have_device(env->root)) {
        return jb_fail(diag, -ENODEV, "no ACPI power meter here");
    }
    jb_fail(diag, -ENODEV, "there is an ACPI power meter, but its driver is not loaded");
    jb_fix(diag, "sudo modprobe acpi_power_meter%s",
           grace ? " force_cap_on=y   (for good: acpi_power_meter.force_cap_on=y on the kernel's command line)" : "");
    return -ENODEV;
}

/* Of which numbers there is a hwmonN that is an ACPI power meter. */
static int find_meters(const char *root, bool *there)
{
    int found = 0;
    DIR *folder = jb_root_opendir(root, CLASS);
    for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        char plain[24], device[32];
        uint64_t number;
        if (!jb_starts(entry->d_name, "hwmon") || jb_parse_u64(entry->d_name + 5, &number) < 0 || number >= MAX_CHIPS) {
            continue;
        }
        snprintf(plain, sizeof(plain), "hwmon%d", (int)number);
        snprintf(device, sizeof(device), "hwmon%d/device", (int)number);
        there[number] = is_meter(root, plain) || is_meter(root, device);
        found += there[number];
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}

static int acpi_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    bool there[MAX_CHIPS] = {false};
    return find_meters(env->root, there) ? 0 : tell_absence(env, diag);
}

static int acpi_open(struct jb_source *source, struct jb_diag *diag)
{
    bool there[MAX_CHIPS] = {false};
    if (find_meters(source->env->root, there) == 0) {
        return tell_absence(source->env, diag);
    }
    for (int i = 0; i < MAX_CHIPS; i++) {
        if (there[i]) {
            add_meter(source, i);
        }
    }
    set_parents(source);
    return jb_source_result(source, "no ACPI power meter that is known", diag);
}

static void acpi_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    for (int i = 0; i < state->count; i++) {
        uint64_t raw;
        uint64_t before_ns = jb_mono_ns();
        int err = jb_counter_read(state->open[i].fd, &raw);
        uint64_t after_ns = jb_mono_ns();
        if (err == 0 && raw > 0 && raw != FIRMWARE_FAIL) { /* who reads this takes more than nothing */
            jb_emit(sink, state->open[i].channel, before_ns, after_ns, raw);
        } else {
            jb_emit_failure(sink, state->open[i].channel, after_ns,
                            err == -ENODEV || err == -ENXIO ? JB_GONE : JB_FAILED);
        }
    }
}

static void acpi_close(struct jb_source *source)
{
    struct state *state = source->priv;
    while (state->count > 0) {
        close(state->open[--state->count].fd);
    }
}

const struct jb_sensor_driver jb_sensor_acpi = {
    .name = "acpi",
    .title = "ACPI power meter",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .glance = acpi_glance,
    .open = acpi_open,
    .read = acpi_read,
    .close = acpi_close,
};
