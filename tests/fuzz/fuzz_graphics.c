/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_graphics.c - graphics cards below /sys/class/drm with whatever contents: two nodes, for both drivers that look
 * there, and KFD's processes.
 */
#include "fuzz_tree.h"

#define CARD(n, file) "/sys/class/drm/card" n "/device/" file

static const char *const files[] = {
    CARD("0", "uevent"),
    CARD("0", "gpu_metrics"),
    CARD("0", "hwmon/hwmon1/name"),
    CARD("0", "hwmon/hwmon1/power1_average"),
    CARD("0", "hwmon/hwmon1/power1_cap"),
    CARD("0", "hwmon/hwmon1/energy1_input"),
    CARD("0", "hwmon/hwmon1/energy1_label"),
    CARD("0", "hwmon/hwmon1/energy2_input"),
    CARD("0", "power/runtime_status"),
    CARD("1", "uevent"),
    CARD("1", "gpu_metrics"),
    CARD("1", "hwmon/hwmon2/name"),
    CARD("1", "hwmon/hwmon2/power1_input"),
    CARD("1", "hwmon/hwmon2/in1_label"),
    CARD("1", "hwmon/hwmon2/energy2_label"),
    CARD("1", "hwmon/hwmon2/energy2_input"),
    CARD("1", "product_name"),
    CARD("1", "gpu_busy_percent"),
    "/sys/class/kfd/kfd/topology/nodes/1/gpu_id",
    "/sys/class/kfd/kfd/topology/nodes/1/properties",
    "/sys/class/kfd/kfd/proc/12/queues/0/gpuid",
    "/sys/class/kfd/kfd/proc/13/vram_5",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the driver says of processes is checked too. */
static void look(const struct jb_sensor_driver *driver)
{
    static struct jb_channel channels[JB_MAX_CHANNELS];
    struct jb_gpu_use uses[8];
    struct jb_sensor_env env = {.root = fuzz_root()};
    struct jb_source source = {
        .driver = driver, .env = &env, .channels = channels, .priv = calloc(1, driver->priv_size)};
    fuzz_expect(source.priv != NULL, "memory");
    memset(channels, 0, sizeof(channels));
    (void)driver->open(&source, NULL);
    for (int round = 0; round < 2; round++) {
        int count = driver->processes(&source, uses, 8);
        fuzz_expect(count <= 8, "no more than there is room for");
        for (int i = 0; i < count; i++) {
            fuzz_expect(uses[i].channel >= 0 && uses[i].channel < source.channel_count, "uses of channels");
            fuzz_expect(uses[i].busy_ppm <= 1000000, "at most the whole card");
            fuzz_expect(uses[i].t0_ns <= uses[i].t1_ns, "a window");
        }
    }
    driver->close(&source);
    free(source.priv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct jb_machine machine = {.cpu = {.sockets = 2}};
    if (size == 0 || size > 16384) {
        return 0;
    }
    fuzz_make_tree(files, sizeof(files) / sizeof(files[0]), data + 1, size - 1);
    const struct jb_sensor_driver *driver = jb_sensor_find(data[0] & 1 ? "intel-gpu" : "amdgpu");
    fuzz_driver(driver, data[0] & 2 ? &machine : NULL);
    if (data[0] & 4) {
        look(driver);
    }
    return 0;
}
